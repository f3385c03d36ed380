"""The functions an author calls in a rule (sqrt, where, ema, norm, ...); all return expressions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from adamas.errors import RuleError
from adamas.language.expression import (
    Expression,
    Operand,
    apply,
    author_line,
    input_,
    lift,
    name_of,
    reduce_,
)


def sign(x: Operand) -> Expression:
    """-1, 0 or 1."""
    return apply("sign", x)


def sqrt(x: Operand) -> Expression:
    """Square root."""
    return apply("sqrt", x)


def exp(x: Operand) -> Expression:
    """e to the power x."""
    return apply("exp", x)


def log(x: Operand) -> Expression:
    """Natural logarithm."""
    return apply("log", x)


def cos(x: Operand) -> Expression:
    """Cosine of an angle in radians."""
    return apply("cos", x)


def floor(x: Operand) -> Expression:
    """Largest whole number that is not above x."""
    return apply("floor", x)


def minimum(a: Operand, b: Operand) -> Expression:
    """The smaller of the two; NaN if either is."""
    return apply("minimum", a, b)


def maximum(a: Operand, b: Operand) -> Expression:
    """The larger of the two; NaN if either is."""
    return apply("maximum", a, b)


def clip(x: Operand, low: Operand, high: Operand) -> Expression:
    """x, but not below `low` and not above `high`."""
    return minimum(maximum(x, low), high)


def where(condition: Expression, a: Operand, b: Operand) -> Expression:
    """a where the condition holds, b elsewhere.

    With a scalar condition the branch not taken is not evaluated.
    """
    return apply("where", condition, a, b)


def ema(average: Operand, x: Operand, beta: Operand) -> Expression:
    """Exponential moving average: `beta * average + (1 - beta) * x`."""
    return beta * average + (1 - beta) * x  # type: ignore[return-value]


def first(slot: Expression) -> Expression:
    """A scalar condition: this slot of this tensor has never been written.

    It is not `t == 1`: a checkpoint may bring the slot.
    """
    slot = lift(slot)
    if slot.op != "input" or slot.value.role not in ("slot", "scalar_slot"):
        raise RuleError(
            f"{author_line()}: first() asks about a slot as it comes in, got '{name_of(slot)}'. "
            f"Call it before the slot's name is assigned."
        )
    return input_("first", slot.value.name)


def sum(x: Expression) -> Expression:
    """The sum over one tensor's elements, accumulated in float64."""
    return reduce_("sum", "tensor", x)


def mean(x: Expression) -> Expression:
    """The mean over one tensor's elements."""
    return reduce_("sum", "tensor", x) / _size("tensor")


def norm(x: Expression) -> Expression:
    """The Euclidean norm of one tensor, accumulated in float64."""
    return sqrt(reduce_("sum_of_squares", "tensor", x))


def largest(x: Expression) -> Expression:
    """The largest element of one tensor."""
    return reduce_("largest", "tensor", x)


def global_sum(x: Expression) -> Expression:
    """The sum over the elements of all tensors that take this step."""
    return reduce_("sum", "all", x)


def global_mean(x: Expression) -> Expression:
    """The mean over the elements of all tensors that take this step."""
    return reduce_("sum", "all", x) / _size("all")


def global_norm(x: Expression) -> Expression:
    """The Euclidean norm over all tensors that take this step."""
    return sqrt(reduce_("sum_of_squares", "all", x))


def global_largest(x: Expression) -> Expression:
    """The largest element of all tensors that take this step."""
    return reduce_("largest", "all", x)


def row_mean(x: Expression) -> Expression:
    """The mean over all axes but the first, one for each index of the first.

    A tensor with fewer than two axes is one row.
    """
    return reduce_("sum", "row", x) / _size("row")


def axes() -> Expression:
    """How many axes the tensor has: 0 for a number, 1 for a bias, 2 for a matrix."""
    return _size("axes")


def _size(scope: str) -> Expression:
    return input_("size", scope)


@dataclass(frozen=True)
class Evaluate:
    """Marks what a rule returns for evaluation: an expression of the new p and new slots."""

    expression: Expression


def evaluate(x: Any) -> Evaluate:
    """Returned last: the weights to evaluate with, computed from p and slots when asked for."""
    return Evaluate(lift(x))
