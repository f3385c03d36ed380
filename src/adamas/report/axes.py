"""What several pictures do to their axes: readable ticks, marked ends, thinned lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from adamas.report.numerals import plain, raised
from adamas.report.palette import PAPER, Look
from adamas.report.results import Array


def span(values: Array) -> tuple[float, float]:
    """The first and the last finite value; NaN when there is none."""
    finite = values[np.isfinite(values)]
    return (float(finite[0]), float(finite[-1])) if len(finite) else (float("nan"), float("nan"))


def power(exponent: int, mantissa: float = 1) -> str:
    """A tick of a log axis: plain near one (0.02, 50), else 2·10⁻⁵ or 10⁻⁵."""
    if -3 <= exponent <= 3:
        return f"{mantissa * 10.0**exponent:g}"
    return raised(exponent) if mantissa == 1 else f"{mantissa:g}·{raised(exponent)}"


def log_ticks(axes: Any, columns: Sequence[Array], axis: str = "y") -> None:
    """A log scale over the positive values of `columns`, with as many labels as are of use."""
    values = np.concatenate([np.asarray(column, dtype=np.float64) for column in columns])
    values = values[np.isfinite(values) & (values > 0)]
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.1, 1.0)
    if high < low * 1.5:  # an almost constant line: room around it, so that it looks constant
        low, high = low / 2, high * 2
    pad = (high / low) ** 0.04
    low, high = low / pad, high * pad
    decades = np.log10(high / low)
    mantissas = (
        (1, 1.5, 2, 3, 4, 6, 8)
        if decades < 0.8
        else (1, 2, 5)
        if decades < 2
        else (1, 3)
        if decades < 3
        else (1,)
    )
    every = max(1, round(decades / 5))
    ticks, labels = [], []
    for exponent in range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1):
        for mantissa in mantissas:
            at = mantissa * 10.0**exponent
            if low <= at <= high and exponent % every == 0:
                ticks.append(at)
                labels.append(power(exponent, mantissa))
    if axis == "y":
        axes.set_yscale("log")
        axes.set_ylim(low, high)
        axes.set_yticks(ticks, labels)
        axes.set_yticks([], minor=True)
    else:
        axes.set_xscale("log")
        axes.set_xticks(ticks, labels)
        axes.set_xticks([], minor=True)


def mark_end(axes: Any, x: Array, y: Array, look: Look, status: str) -> None:
    """A dot where a line ends; a cross where the run diverged, a ring where it was interrupted."""
    finite = np.flatnonzero(np.isfinite(y))
    if not len(finite):
        return
    at = finite[-1]
    how: dict[str, Any] = {"finished": {"marker": "o", "markersize": 4.5}}.get(
        status,
        {"marker": "X", "markersize": 9, "markeredgecolor": PAPER}
        if status == "diverged"
        else {"marker": "o", "markersize": 6, "markerfacecolor": PAPER, "markeredgewidth": 1.5},
    )
    axes.plot(
        x[at : at + 1],
        y[at : at + 1],
        color=look.colour,
        linestyle="",
        clip_on=False,
        zorder=3,
        **how,
    )


def thin(steps: Array, values: Array, bins: int = 420) -> tuple[Array, Array]:
    """At most two points per pixel of a log axis of steps: the lowest and the highest value in it.

    Short spikes survive, which they do not when every nth point is kept.
    """
    if len(steps) <= 2 * bins:
        return steps, values
    place = np.log(steps.astype(np.float64))
    place = np.floor((place - place[0]) / (place[-1] - place[0]) * bins).astype(np.int64)
    starts = np.flatnonzero(np.diff(place, prepend=-1))
    kept: list[int] = []
    for start, stop in zip(starts, [*starts[1:], len(steps)], strict=True):
        part = values[start:stop]
        if stop - start <= 2 or not np.any(np.isfinite(part)):
            kept.extend(range(start, min(stop, start + 2)))
            continue
        kept.extend(sorted({int(start + np.nanargmin(part)), int(start + np.nanargmax(part))}))
    keep = np.array(kept)
    return steps[keep], values[keep]


def linear_limits(axes: Any, columns: Sequence[Array]) -> None:
    """A linear scale that holds all finite values with a little room, zero included if near."""
    values = np.concatenate(list(columns))
    values = values[np.isfinite(values)]
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    pad = 0.06 * (high - low) or 0.1 * abs(high) or 1.0
    axes.set_ylim(low - pad, high + pad)
    axes.yaxis.get_major_locator().set_params(nbins=5)
    # 10⁻⁵ above the axis is lost on a small panel: each tick says its own value.
    axes.yaxis.set_major_formatter(lambda value, _: plain(value))
