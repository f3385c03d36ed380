"""Histograms of numbers of any size: a bin per quarter of an octave, for each sign."""

from __future__ import annotations

from typing import Any

import numpy as np

# Magnitudes from 2**LOW to 2**HIGH have bins of their own; smaller and larger ones share the last.
LOW, HIGH = -48, 16
PARTS = 4
HALF = (HIGH - LOW) * PARTS
BINS = 2 * HALF


def edges() -> np.ndarray[Any, Any]:
    """The lower edges of the bins for positive numbers, and the upper edge of the last."""
    octave, part = np.divmod(np.arange(HALF + 1), PARTS)
    return np.ldexp(1 + part / PARTS, LOW + octave)


def place(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The bin of each value: negative ones from the largest magnitude down, then positive ones.

    NaN is counted with the largest.
    """
    values = np.asarray(values, np.float64).ravel()
    size = np.abs(values)
    within = np.searchsorted(edges(), size, side="right") - 1
    within = np.clip(np.where(np.isnan(size), HALF - 1, within), 0, HALF - 1)
    return np.where(np.signbit(values), HALF - 1 - within, HALF + within)


def count(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """How many values each bin holds."""
    return np.bincount(place(values), minlength=BINS)


def quantile(counts: np.ndarray[Any, Any], share: float) -> float:
    """The value below which `share` of those counted lie, linear within its bin; NaN if none."""
    total = int(counts.sum())
    if total == 0:
        return float("nan")
    sums = np.cumsum(counts)
    wanted = share * total
    chosen = min(int(np.searchsorted(sums, wanted, side="left")), BINS - 1)
    while counts[chosen] == 0:
        chosen += 1
    before = sums[chosen] - counts[chosen]
    inside = min(max((wanted - before) / counts[chosen], 0.0), 1.0)
    limits = edges()
    if chosen >= HALF:
        low, high = limits[chosen - HALF], limits[chosen - HALF + 1]
    else:
        high, low = -limits[HALF - 1 - chosen], -limits[HALF - chosen]
    return float(low + inside * (high - low))
