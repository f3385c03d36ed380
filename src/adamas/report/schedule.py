"""A schedule's picture: its value over the steps, as one small figure."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from adamas.errors import OptionError
from adamas.language.schedule import Schedule

FORMATS = (".png", ".svg", ".pdf")


def draw(schedule: Schedule, steps: int, path: Path) -> None:
    """Write a picture of the schedule's first `steps` steps; the ending of `path` is its format."""
    from matplotlib.figure import Figure

    from adamas.report.canvas import style
    from adamas.report.palette import INK, looks

    if path.suffix.lower() not in FORMATS:
        raise OptionError(f"--out ends in {', '.join(FORMATS)}; got {str(path)!r}.")
    at = np.unique(np.linspace(1, steps, min(steps, 2000)).astype(int))
    with style():
        figure = Figure(figsize=(10, 4.2), dpi=120, layout="constrained")
        axes = figure.subplots()
        axes.plot(
            at, [schedule(int(step)) for step in at], **looks(["schedule"])["schedule"].line()
        )
        axes.set_title(repr(schedule), loc="left", color=INK)
        axes.set_xlabel("step")
        axes.set_xlim(1, steps)
        axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
        figure.savefig(path)
