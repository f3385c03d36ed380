"""Finite or not: one compiled pass over all gradients that counts what is infinite or NaN."""

from __future__ import annotations

from adamas.graph.program import Program
from adamas.language.expression import Expression, apply, input_, reduce_

COUNT = "nonfinite"


def counter() -> tuple[Program, dict[str, Expression]]:
    """A Program that stores nothing, and the number that it watches per tensor."""
    gradient = input_("gradient", "g")
    # x * 0 is 0 for every finite x, and NaN for all others.
    finite = apply("eq", apply("mul", gradient, 0.0), 0.0)
    bad = reduce_("sum", "tensor", apply("where", finite, 0.0, 1.0))
    return Program("finite", {}, {}, {}, None, ()), {COUNT: apply("mul", bad, 1.0)}
