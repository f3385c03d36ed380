"""Agreement: the one definition of "equal" that every test in the project uses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from adamas.engines.interpret import evaluators_for
from adamas.engines.magnitude import Magnitudes
from adamas.engines.work import Array, Group
from adamas.graph.passes import lower
from adamas.graph.program import Program

# How many units in the last place of the added terms an engine may be away from the definition.
ULPS = {"float64": 16.0, "float32": 8.0, "float16": 1.0, "bfloat16": 1.0}


@dataclass(frozen=True)
class Truth:
    """What one step gives a tensor, in float64: each output's value, magnitude and doubt."""

    path: str
    values: Mapping[str, Any]
    magnitudes: Mapping[str, Any]
    uncertain: Mapping[str, Any]


def truth(
    program: Program, groups: Sequence[Group], step_number: int, dtype: Any = None
) -> list[Truth]:
    """The definition's answer for one step from the groups' present state; nothing is changed.

    `program` is as captured; "delta" is added to its outputs. The slots of all tensors must have
    been made. `dtype` is the arithmetic type of the engine under test (float32 by default).
    """
    with_delta = lower(program)
    kind = np.dtype(dtype or np.float32)

    class Measured(Magnitudes):
        least = float(_limits(kind).tiny)
        slack = ULPS[kind.name] * float(_limits(kind).eps)

    exact = evaluators_for(program, groups, step_number, dtype=np.float64)
    sized = evaluators_for(with_delta, groups, step_number, make=Measured, dtype=np.float64)
    tensors = [tensor for group in groups for tensor in group.tensors]
    found = []
    with np.errstate(all="ignore"):
        for tensor, value, size in zip(tensors, exact, sized, strict=True):
            assert isinstance(size, Magnitudes)
            values = {name: value(node) for name, node in program.outputs.items()}
            # From the lowered Program: p_new - p would cancel even in float64.
            values["delta"] = size(with_delta.outputs["delta"])
            magnitudes = {name: size.magnitude(node) for name, node in with_delta.outputs.items()}
            doubts = {name: size.uncertain(node) for name, node in with_delta.outputs.items()}
            found.append(Truth(tensor.path, values, magnitudes, doubts))
    return found


def assert_agrees(
    actual: Any,
    expected: Any,
    magnitude: Any,
    *,
    dtype: Any,
    ulps: float | None = None,
    uncertain: Any = False,
    what: str = "",
) -> None:
    """|actual - expected| <= ulps * eps * magnitude at every element that can be compared.

    Equal infinities agree, NaN agrees with NaN, and differences below the smallest normal number do
    not count. Raises `AssertionError` that names the worst element.
    """
    kind = np.dtype(dtype)
    factor = ULPS[kind.name] if ulps is None else ulps
    limits = _limits(kind)
    shape = np.shape(actual)
    a = np.asarray(actual, np.float64)
    b = np.broadcast_to(np.asarray(expected, np.float64), shape)
    size = np.broadcast_to(np.asarray(magnitude, np.float64), shape)
    known = ~np.broadcast_to(np.asarray(uncertain, bool), shape)
    with np.errstate(all="ignore"):
        allowed = factor * limits.eps * size + limits.tiny
        same = (a == b) | (np.isnan(a) & np.isnan(b))
        # Beyond the type's range the definition, in float64, still has a number.
        same |= np.isinf(a) & (np.sign(a) == np.sign(b)) & (np.abs(b) >= limits.max)
        wrong = known & ~same & ~(np.abs(a - b) <= allowed)
    if not wrong.any():
        return
    with np.errstate(all="ignore"):
        excess = np.where(wrong, np.abs(a - b) / (limits.eps * size + limits.tiny), -1.0)
    excess = np.where(np.isnan(excess), np.inf, excess)
    worst = np.unravel_index(int(np.argmax(excess)), shape) if shape else ()
    raise AssertionError(
        f"{what or 'value'}: {int(wrong.sum())} of {a.size} elements differ; "
        f"worst at {[int(index) for index in worst]}: got {a[worst]:.9g}, expected {b[worst]:.9g}, "
        f"{excess[worst]:.3g} units of {kind} at magnitude {size[worst]:.3g}; "
        f"allowed are {factor:g}."
    )


def _limits(kind: np.dtype[Any]) -> Any:
    if kind.name == "bfloat16":
        import ml_dtypes

        return ml_dtypes.finfo(kind)
    return np.finfo(kind)


def largest_error(actual: Array, expected: Array, magnitude: Array, dtype: Any) -> float:
    """The largest |actual - expected| in units of eps * magnitude, for reports."""
    kind = np.dtype(dtype)
    with np.errstate(all="ignore"):
        error = np.abs(np.asarray(actual, np.float64) - expected)
        return float(
            np.nanmax(
                error / (float(_limits(kind).eps) * magnitude + float(_limits(kind).tiny)),
                initial=0,
            )
        )
