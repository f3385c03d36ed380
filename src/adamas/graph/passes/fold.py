"""Fold constants: compute what has only numbers, drop what does nothing (x * 1, x / 1, -(-x))."""

from __future__ import annotations

from adamas.graph.program import Program
from adamas.language.expression import Expression, constant
from adamas.language.primitives import PRIMITIVES, on_numbers


def fold(program: Program) -> Program:
    """The same values with fewer operations; exact in every type."""
    return program.rewrite(simplify)


def simplify(node: Expression) -> Expression:
    """One node whose operands are already simple."""
    if node.op not in PRIMITIVES or node.op == "where":
        return node
    if all(argument.op == "constant" for argument in node.args) and not node.condition:
        return constant(on_numbers(node.op, *(argument.value for argument in node.args)))
    first = node.args[0]
    second = node.args[-1]
    if node.op == "mul" and is_number(second, 1.0):
        return first
    if node.op == "mul" and is_number(first, 1.0):
        return second
    if node.op in ("div", "pow") and is_number(second, 1.0):
        return first
    if node.op == "sub" and is_number(second, 0.0):
        return first
    if node.op == "neg" and first.op == "neg":
        return first.args[0]
    return node


def is_number(node: Expression, number: float) -> bool:
    """Whether the node is this constant."""
    return node.op == "constant" and node.value == number
