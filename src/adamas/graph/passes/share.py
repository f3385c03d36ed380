"""Share subexpressions: the same operation on the same operands becomes one node."""

from __future__ import annotations

from typing import Any

from adamas.graph.program import Program
from adamas.language.expression import Expression


def share(program: Program) -> Program:
    """The same values, each computed once."""
    known: dict[Any, Expression] = {}

    def unique(node: Expression) -> Expression:
        # Constants are told apart by their text: 0.0 == -0.0, and nan != nan.
        value = repr(node.value) if node.op == "constant" else node.value
        return known.setdefault((node.op, node.args, value), node)

    return program.rewrite(unique)
