"""Finite or not: one compiled pass over all gradients that counts what is infinite or NaN."""

from __future__ import annotations

from adamas.graph.program import Program
from adamas.language.expression import apply, input_, reduce_
from adamas.scope.watch import Watch

COUNT = "nonfinite"


def counter() -> tuple[Program, Watch]:
    """A Program that stores nothing, and the number that it watches per tensor."""
    gradient = input_("gradient", "g")
    # x * 0 is 0 for every finite x, and NaN for all others.
    finite = apply("eq", apply("mul", gradient, 0.0), 0.0)
    bad = reduce_("sum", "tensor", apply("where", finite, 0.0, 1.0))
    watch = Watch({COUNT: apply("mul", bad, 1.0)}, {}, ())
    return Program("finite", {}, {}, {}, None, ()), watch
