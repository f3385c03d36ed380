"""Results: samples come in; medians, quartiles and ratios to us go out, as plain dicts for JSON."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from typing import Any

from adamas.bench.contestants import CONTESTANTS, OURS
from adamas.bench.timing import Samples
from adamas.bench.work import Row


def describe_row(
    row: Row,
    samples: Mapping[str, Samples],
    first: Mapping[str, float],
    left_out: Mapping[str, str],
    bytes_per_parameter: int | None,
) -> dict[str, Any]:
    """One line-up: what was stepped, and every contestant, the fastest first."""
    ours = samples[OURS]
    entries = [
        _contestant(name, sample, ours, first[name], row.size.parameters, bytes_per_parameter)
        for name, sample in samples.items()
    ]
    return {
        "size": row.size.name,
        "title": row.size.title,
        "tensors": row.size.tensors,
        "parameters": row.size.parameters,
        "work": row.work.name,
        "description": row.work.description,
        "dtype": row.work.dtype,
        "gradients": "new arrays every step" if row.fresh else "same arrays",
        "rule": repr(row.work.rule),
        "bytes_per_parameter": bytes_per_parameter,
        "contestants": sorted(entries, key=lambda one: one["seconds"]),
        "left_out": [{"name": name, "reason": why} for name, why in left_out.items()],
    }


def _contestant(
    name: str,
    samples: Samples,
    ours: Samples,
    first: float,
    parameters: int,
    bytes_per_parameter: int | None,
) -> dict[str, Any]:
    times = list(samples.rounds.values())
    median = statistics.median(times)
    ratios = [
        seconds / ours.rounds[number]
        for number, seconds in samples.rounds.items()
        if number in ours.rounds
    ]
    moved = bytes_per_parameter * parameters if bytes_per_parameter else None
    return {
        "name": name,
        "title": CONTESTANTS[name].title,
        "seconds": median,
        "seconds_quartiles": quartiles(times),
        "ns_per_parameter": 1e9 * median / parameters,
        "gigabytes_per_second": moved / median / 1e9 if moved else None,
        "ratio": statistics.median(ratios),
        "ratio_quartiles": quartiles(ratios),
        "first_step_seconds": first,
        "rounds": len(times),
        "steps_per_round": samples.steps,
        "samples": times,
    }


def quartiles(values: list[float]) -> list[float]:
    """The first and third quartile; of a single value, itself twice."""
    if len(values) < 2:
        return [values[0], values[0]]
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return [low, high]
