"""The table of figures: for each column a heading, its group, and one aligned text for each rule.

With several seeds the text is a median, and a second one is the band around it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from adamas.report.numerals import SPACE, duration, percent, plain
from adamas.report.results import Results, Run
from adamas.report.seeds import band, failed, final_band

NONE = "–"


@dataclass(frozen=True)
class Column:
    """One column: the text of each rule's cell, in their order; `bands` is empty where none are."""

    group: str
    heading: str
    cells: tuple[str, ...]
    bands: tuple[str, ...] = ()


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
            found.append(_figures(results, group, entries, metric, numbers))
    metric, goal = results.target
    wanted = percent(goal) if metric.endswith("accuracy") else plain(goal)
    group = f"To {wanted} {metric.replace('_', ' ')}"
    found += [
        _reached(group, "epochs", runs, lambda run, at: f"{at['epoch']:.0f}"),
        _reached(group, "steps", runs, lambda run, at: f"{at['steps']:,.0f}"),
        _reached(group, "time", runs, lambda run, at: duration(at["seconds"])),
    ]
    if results.repeated and any(reached_by(run) < len(run.each) for run in runs):
        by = tuple(f"{reached_by(run)} of {len(run.each)}" for run in runs)
        found.append(Column(group, "seeds", by))
    per_step = tuple(duration(r.seconds_per_step) if r.seconds_per_step else NONE for r in runs)
    found.append(Column("Whole run", "steps", tuple(f"{run.steps:,}" for run in runs)))
    found.append(Column("Whole run", "per step", per_step))
    found.append(Column("Whole run", "status", tuple(_status(run) for run in runs)))
    return tuple(found)


def reached_by(run: Run) -> int:
    """How many seeds of a rule reached the target."""
    return sum(one.reached is not None for one in run.each)


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
        # Two decimals near all of them, and where one would make the same of different numbers.
        fine = any(0.99 < number < 1 for number in finite) or 0 < np.ptp(finite or [0]) < 0.01
        return [
            f"{100 * n:.{2 if fine else 1}f}{SPACE}%" if math.isfinite(n) else NONE for n in numbers
        ]
    smallest = min((abs(number) for number in finite if number), default=1.0)
    if smallest < 1e-4 or max(map(abs, finite), default=0) >= 1e4:
        return [plain(number, 3) for number in numbers]
    decimals = min(max(2 - math.floor(math.log10(smallest)) - 1, 2), 6)
    return [f"{number:.{decimals}f}" if math.isfinite(number) else NONE for number in numbers]


def _figures(
    results: Results, group: str, entries: str, metric: str, numbers: list[float]
) -> Column:
    """A column of medians, or of the numbers of one seed, aligned with their bands."""
    runs, share = results.runs, metric.endswith("accuracy")
    ends: list[float] = []
    if results.repeated:
        for run in runs:
            of_each = [getattr(one, entries).get(metric, math.nan) for one in run.each]
            ends += final_band(run, metric) if entries == "final" else band(np.array(of_each))
    texts = aligned([*numbers, *ends], share=share)
    cells, edges = texts[: len(runs)], texts[len(runs) :]
    if entries == "best":
        cells = [_with_epoch(run, metric, cell) for run, cell in zip(runs, cells, strict=True)]
    bands = [_band(low, high) for low, high in zip(edges[::2], edges[1::2], strict=True)]
    return Column(group, metric.replace("_", " "), tuple(cells), tuple(bands))


def _band(low: str, high: str) -> str:
    return (
        NONE
        if NONE in (low, high)
        else f"{low.removesuffix(f'{SPACE}%')}–{high.removesuffix(f'{SPACE}%')}"
    )


def _status(run: Run) -> str:
    count = failed(run)
    return f"{count} of {len(run.each)} diverged" if run.repeats and count else run.status


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
