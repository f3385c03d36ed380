"""The passes, in the order they run: each a pure function from Program to Program."""

from __future__ import annotations

import functools

from adamas.graph.passes.delta import as_delta
from adamas.graph.passes.fold import fold
from adamas.graph.passes.powers import expand_powers, stable_powers
from adamas.graph.passes.scalars import gather_scalars
from adamas.graph.passes.share import share
from adamas.graph.program import Program

# stable_powers is for engines whose scalars are traced in low precision; see its docstring.
PASSES = (fold, as_delta, expand_powers, gather_scalars, fold, share)
TRACED_PASSES = (fold, as_delta, expand_powers, stable_powers, gather_scalars, fold, share)


@functools.lru_cache(maxsize=512)
def lower(program: Program) -> Program:
    """The Program as engines that have a host run it."""
    for a_pass in PASSES:
        program = a_pass(program)
    return program


@functools.lru_cache(maxsize=512)
def lower_traced(program: Program) -> Program:
    """The Program as engines run it that trace their scalars."""
    for a_pass in TRACED_PASSES:
        program = a_pass(program)
    return program
