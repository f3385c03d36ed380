"""The table of figures: for each column a heading, its group, and one aligned text for each run."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from adamas.report.numerals import SPACE, duration, percent, plain
from adamas.report.results import Results, Run

NONE = "–"


@dataclass(frozen=True)
class Column:
    """One column: the text of each run's cell, in the order of runs."""

    group: str
    heading: str
    cells: tuple[str, ...]


def columns(results: Results) -> tuple[Column, ...]:
    """Final and best figures, the way to the target, and time; no column without a number."""
    runs = results.runs
    metrics = ["loss", "accuracy", "test_loss", "test_accuracy"]
    found: list[Column] = []
    for group, entries in (("At the end", "final"), ("At best (epoch)", "best")):
        for metric in metrics:
            numbers = [getattr(run, entries).get(metric, math.nan) for run in runs]
            if not any(map(math.isfinite, numbers)):
                continue
            cells = aligned(numbers, share=metric.endswith("accuracy"))
            if entries == "best":
                cells = [
                    _with_epoch(run, metric, cell) for run, cell in zip(runs, cells, strict=True)
                ]
            found.append(Column(group, metric.replace("_", " "), tuple(cells)))
    metric, goal = results.target
    wanted = percent(goal) if metric.endswith("accuracy") else plain(goal)
    group = f"To {wanted} {metric.replace('_', ' ')}"
    found += [
        _reached(group, "epochs", runs, lambda run, at: f"{at['epoch']:.0f}"),
        _reached(group, "steps", runs, lambda run, at: f"{at['steps']:,.0f}"),
        _reached(group, "time", runs, lambda run, at: duration(at["seconds"])),
    ]
    per_step = tuple(duration(r.seconds_per_step) if r.seconds_per_step else NONE for r in runs)
    found.append(Column("Whole run", "steps", tuple(f"{run.steps:,}" for run in runs)))
    found.append(Column("Whole run", "per step", per_step))
    found.append(Column("Whole run", "status", tuple(run.status for run in runs)))
    return tuple(found)


def grouped(results: Results) -> dict[str, list[Column]]:
    """The columns under the headings that span them, in order."""
    found: dict[str, list[Column]] = {}
    for column in columns(results):
        found.setdefault(column.group, []).append(column)
    return found


def aligned(numbers: Sequence[float], *, share: bool) -> list[str]:
    """Numbers of one column with the same decimals, so that they can be compared by eye."""
    finite = [number for number in numbers if math.isfinite(number)]
    if share:
        fine = any(0.99 < number < 1 for number in finite)
        return [
            f"{100 * n:.{2 if fine else 1}f}{SPACE}%" if math.isfinite(n) else NONE for n in numbers
        ]
    smallest = min((abs(number) for number in finite if number), default=1.0)
    if smallest < 1e-4 or max(map(abs, finite), default=0) >= 1e4:
        return [plain(number, 3) for number in numbers]
    decimals = min(max(2 - math.floor(math.log10(smallest)) - 1, 2), 6)
    return [f"{number:.{decimals}f}" if math.isfinite(number) else NONE for number in numbers]


def _with_epoch(run: Run, metric: str, cell: str) -> str:
    epoch = run.best.get(f"{metric}_epoch")
    return cell if epoch is None or cell == NONE else f"{cell} ({epoch:.0f})"


def _reached(
    group: str,
    heading: str,
    runs: Sequence[Run],
    say: Callable[[Run, dict[str, float]], str],
) -> Column:
    return Column(
        group, heading, tuple(say(run, dict(run.reached)) if run.reached else NONE for run in runs)
    )
