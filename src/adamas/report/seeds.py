"""Several seeds of one rule as one run of medians, with bands around them.

A run that diverged is never left out: it counts as worse than any that did not. Where half of the
seeds or more diverged there is therefore no median, and the rule counts as diverged.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from adamas.report.results import Array, Results, Run

# Up to so many seeds a band reaches from the lowest to the highest; of more it holds the middle
# half, for the extremes of many seeds only grow.
MOST_FOR_EXTREMES = 7


def merged(runs: Sequence[Run]) -> Run:
    """One run for the seeds of a rule; a single one is itself."""
    if len(runs) == 1:
        return runs[0]
    longest = max(runs, key=lambda run: len(run.epochs["epoch"]))
    kept = ("epoch", "steps")
    epochs = {
        name: longest.epochs[name] if name in kept else median(stacked(runs, name))
        for name in dict.fromkeys(name for run in runs for name in run.epochs)
        if name in longest.epochs
    }
    final = {name: _middle(finals(runs, name)) for name in _names(runs, "final")}
    final = {name: value for name, value in final.items() if math.isfinite(value)}
    shown = next((run for run in runs if run.status != "diverged"), runs[0])
    per_step = [run.seconds_per_step for run in runs if run.seconds_per_step is not None]
    return replace(
        shown,
        status=_status(runs, final),
        steps=sorted(run.steps for run in runs)[len(runs) // 2],
        epochs=epochs,
        final=final,
        best={name: _best(runs, name) for name in _names(runs, "best")},
        reached=_reached(runs),
        seconds=float(np.median([run.seconds for run in runs])),
        seconds_per_step=float(np.median(per_step)) if per_step else None,
        repeats=tuple(runs),
    )


def failed(run: Run) -> int:
    """How many seeds of a rule diverged."""
    return sum(one.status == "diverged" for one in run.each)


def stacked(runs: Sequence[Run], name: str) -> Array:
    """One row for each run: NaN where nothing was measured, infinitely bad once it diverged."""
    length = max(len(run.epochs["epoch"]) for run in runs)
    rows = np.full((len(runs), length), np.nan)
    for row, run in zip(rows, runs, strict=True):
        values = run.epochs.get(name, np.empty(0))
        row[: len(values)] = values
        if run.status == "diverged":
            row[run.last_epoch + 1 :] = _worst(name)
    return rows


def finals(runs: Sequence[Run], name: str) -> Array:
    """The final value of each run, infinitely bad where it diverged."""
    return np.array(
        [
            _worst(name) if run.status == "diverged" else run.final.get(name, math.nan)
            for run in runs
        ]
    )


def median(rows: Array) -> Array:
    """The median of each column over what was measured; NaN where there is none."""
    return np.array([_middle(column) for column in rows.T])


def band(values: Array) -> tuple[float, float]:
    """The ends of a band over one number of several seeds; infinite ones are no number to show."""
    finite = values[np.isfinite(values)]
    if not len(finite):
        return math.nan, math.nan
    low, high = (0.0, 1.0) if len(values) <= MOST_FOR_EXTREMES else (0.25, 0.75)
    return float(np.quantile(finite, low)), float(np.quantile(finite, high))


def final_band(run: Run, name: str) -> tuple[float, float]:
    """The band of a final value over the seeds of a rule."""
    return band(finals(run.each, name))


def curve_band(run: Run, name: str) -> tuple[Array, Array]:
    """The band of a value after every epoch: its lower and its upper edge."""
    ends = np.array([band(column) for column in stacked(run.each, name).T])
    return ends[:, 0], ends[:, 1]


def extremes(results: Results) -> bool:
    """Whether bands reach from the lowest to the highest seed, rather than over the middle half."""
    return len(results.seeds) <= MOST_FOR_EXTREMES


def _worst(name: str) -> float:
    return -math.inf if "accuracy" in name else math.inf


def _middle(values: Array) -> float:
    measured = values[~np.isnan(values)]
    found = float(np.median(measured)) if len(measured) else math.nan
    return found if math.isfinite(found) else math.nan


def _names(runs: Sequence[Run], entries: str) -> list[str]:
    return list(dict.fromkeys(name for run in runs for name in getattr(run, entries)))


def _best(runs: Sequence[Run], name: str) -> float:
    values = [run.best[name] for run in runs if name in run.best]
    # An epoch is one that a seed had, not one between two.
    return sorted(values)[len(values) // 2] if "_epoch" in name else float(np.median(values))


def _reached(runs: Sequence[Run]) -> Mapping[str, float] | None:
    """What the seed in the middle took to the target; None where no more than half reached it.

    Seconds, which no seed decides, are the median over those that did.
    """

    def epoch(run: Run) -> float:
        return run.reached["epoch"] if run.reached else math.inf

    middle = sorted(runs, key=epoch)[len(runs) // 2].reached
    seconds = [run.reached["seconds"] for run in runs if run.reached]
    return {**middle, "seconds": float(np.median(seconds))} if middle else None


def _status(runs: Sequence[Run], final: Mapping[str, Any]) -> str:
    if "loss" not in final and any(run.status == "diverged" for run in runs):
        return "diverged"
    return "interrupted" if any(run.status == "interrupted" for run in runs) else "finished"
