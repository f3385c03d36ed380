"""The watched coordinate under every rule at once: its path, its rate, how far it went."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from adamas.report.canvas import Panel, Plate
from adamas.report.inside import PANEL_MARGINS, PANEL_SIZE, Trace, line_plot
from adamas.report.numerals import counted, listed
from adamas.report.palette import Look
from adamas.report.results import Results


def plate(results: Results, looks: Mapping[str, Look]) -> Plate | None:
    """The coordinate under every rule in the same axes: its path, its rate, how far it went."""
    paths = {r.label: r.trace["p"] for r in results.runs if "p" in r.trace}
    rates = {r.label: r.trace["rate"] for r in results.runs if "rate" in r.trace}
    if not paths:
        return None
    without = [run.label for run in results.runs if run.trace and run.label not in rates]
    silent = f"not named by {_some(without)}" if without else "what multiplies the step"
    entries = [("p", "The parameter", "its value at each step", paths)]
    if rates:
        entries.append(("rate", "Effective learning rate", silent, rates))
    travel = {label: _travelled(t) for label, t in paths.items() if len(t[0]) > 1}
    entries.append(("travel", "Distance travelled", "sum of its |changes| so far", travel))
    panels = tuple(
        Panel(
            key=f"together-{key}",
            title=title,
            note=note,
            alt=f"{title} over steps, one line for each of {', '.join(traces)}",
            draw=line_plot(
                {label: (trace, looks[label].line()) for label, trace in traces.items()},
                others=_others(results, looks, key),
            ),
            size=PANEL_SIZE,
            margins=PANEL_MARGINS,
        )
        for key, title, note, traces in entries
        if traces
    )
    title = f"{results.title}: {results.watch} under every rule"
    return Plate("together", title, panels, columns=3, legend=tuple(looks.items()))


def _others(results: Results, looks: Mapping[str, Look], key: str) -> list[tuple[Trace, Look]]:
    """What is shown of the seeds whose lines are not the strong ones."""
    found = []
    for run in results.runs:
        for one in run.repeats:
            name = "p" if key == "travel" else key
            if one.seed != run.seed and name in one.trace and len(one.trace[name][0]) > 1:
                trace = one.trace[name]
                found.append((_travelled(trace) if key == "travel" else trace, looks[run.label]))
    return found


def _some(labels: list[str]) -> str:
    return listed(labels) if len(labels) <= 2 else f"{counted(len(labels))} of the rules"


def _travelled(trace: Trace) -> Trace:
    steps, values = trace
    return steps[1:], np.cumsum(np.abs(np.diff(values)))
