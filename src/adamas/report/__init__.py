"""The report: a folder of results comes in; figures and one page that opens from disk go out."""

from __future__ import annotations

import shutil
from pathlib import Path

from adamas.report import answers, canvas, curves, inside, paths, regions, together
from adamas.report.load import load
from adamas.report.page import Drawn, compose
from adamas.report.palette import looks
from adamas.report.results import Results, slug


def write(directory: str | Path) -> Path:
    """Draw the comparison in `directory`; returns the path of its report.html.

    Reads results.json, steps.parquet, paths.parquet and parameters/ there, and writes report.html
    and figures/.
    Raises `AdamasError` when something is missing. The same folder gives the same bytes.
    """
    directory = Path(directory)
    results = load(directory)
    with canvas.style():
        text = _drawn(results)
    path = directory / "report.html"
    path.write_text(text, encoding="utf-8")
    return path


def _drawn(results: Results) -> str:
    """The page as text; its figures lie in the folder by then."""
    look = looks([run.label for run in results.runs])
    problem = answers.workload(results)
    figures = results.directory / "figures"
    shutil.rmtree(figures, ignore_errors=True)
    figures.mkdir()

    def draw(plate: canvas.Plate | None) -> Drawn | None:
        if plate is None:
            return None
        drawn = Drawn(plate, tuple(canvas.svg(panel) for panel in plate.panels))
        canvas.save(plate, drawn.svgs, figures)
        return drawn

    over_epochs = draw(curves.plate(results, look))
    assert over_epochs is not None
    names: set[str] = set()
    within = []
    for run in results.runs:
        name = f"inside-{slug(run.label)}"
        while name in names:
            name += "-2"
        names.add(name)
        within.append((run, draw(inside.plate(results, run, look[run.label], name))))
    return compose(
        results,
        look,
        description=problem.description if problem else "",
        paths=draw(paths.plate(results, look, problem)),
        curves=over_epochs,
        answers=draw(regions.plate(results, look, problem)),
        together=draw(together.plate(results, look)) if len(results.runs) > 1 else None,
        inside=within,
    )
