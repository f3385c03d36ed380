"""Magnitude mode: beside each value, the size of the terms that were added to make it.

A result's rounding error is a few units in the last place of what was added, not of what is left
over after cancellation. The interpreter evaluates the Program once more and carries for every value
x a magnitude M >= |x| such that the error of x is a small multiple of eps * M: sums add magnitudes
(a subtraction counts as an addition), and every other operation passes on how far its operands'
magnitudes exceed their values, with the operation's own condition number. No code per rule.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from adamas.engines.interpret import Evaluator, by_row
from adamas.language.expression import Expression

SIZES: dict[str, Callable[[Any], Any]] = {
    "sum": np.sum,
    "sum_of_squares": lambda term: np.sum(np.square(term)),
    "largest": lambda term: np.max(term, initial=0.0),
}


class Magnitudes(Evaluator):
    """A float64 evaluator that also knows magnitudes, and which elements cannot be compared.

    `slack`, in units relative to a magnitude, is the rounding of the engine under test, `least` its
    smallest normal number: elements at which a jumping operation's argument is within slack *
    magnitude, or within `least`, are `uncertain`.
    """

    slack = 8 * float(np.finfo(np.float32).eps)
    least = float(np.finfo(np.float32).tiny)

    def __init__(self, inputs: dict[Any, Any], dtype: Any):
        super().__init__(inputs, np.float64)
        self._magnitudes: dict[Expression, Any] = {}
        self._uncertain: dict[Expression, Any] = {}

    def magnitude(self, node: Expression) -> Any:
        """The size of the terms that made this node's value: a float or an array."""
        if node not in self._magnitudes:
            with np.errstate(all="ignore"):
                self._magnitudes[node] = self._measure(node)
        return self._magnitudes[node]

    def uncertain(self, node: Expression) -> Any:
        """Where the value jumps with its argument's rounding: a bool or a boolean array."""
        if node not in self._uncertain:
            with np.errstate(all="ignore"):
                self._uncertain[node] = self._doubt(node)
        return self._uncertain[node]

    def _measure(self, node: Expression) -> Any:
        value = np.abs(self(node)) if not node.condition else 0.0
        if not node.args or node.condition:
            return value
        if node.op == "where":
            condition, a, b = node.args
            chosen = self(condition)
            if not condition.element:
                return self.magnitude(a if chosen else b)
            return np.where(chosen, self.magnitude(a), self.magnitude(b))
        if node.op == "reduce":
            return self._of_reduction(node)
        terms = [self.magnitude(argument) for argument in node.args]
        if node.op in ("add", "sub"):
            return terms[0] + terms[1]
        if node.op in ("minimum", "maximum"):
            return np.maximum(value, self._of_chosen(node, terms))
        if node.op in ("neg", "abs"):
            return terms[0]
        sizes = [np.abs(self(argument)) for argument in node.args]
        if node.op == "mul":
            return terms[0] * sizes[1] + sizes[0] * terms[1] - value
        if node.op == "div":
            return terms[0] / sizes[1] + value * _excess(terms[1], sizes[1])
        excess = [_excess(term, size) for term, size in zip(terms, sizes, strict=True)]
        if node.op == "sqrt":
            return np.where(value > 0, value * (1 + excess[0] / 2), np.sqrt(terms[0]))
        if node.op == "pow":
            base, exponent = sizes
            steepness = np.where(base > 0, np.abs(np.log(np.where(base > 0, base, 1))), 0)
            return value * (1 + exponent * excess[0] + steepness * terms[1])
        if node.op in ("exp", "expm1"):
            return value + np.exp(self(node.args[0])) * terms[0]
        if node.op == "log":
            return value + 1 + excess[0]
        if node.op == "cos":
            return value + terms[0]
        return value  # sign, floor: exact away from their jumps

    def _of_reduction(self, node: Expression) -> Any:
        term = np.broadcast_to(self.magnitude(node.args[0]), np.shape(self(node.args[0])))
        combine = SIZES[node.value.kind]
        return by_row(combine, term) if node.value.scope == "row" else combine(term)

    def _of_chosen(self, node: Expression, terms: list[Any]) -> Any:
        """The magnitude of the operand that a minimum or maximum took."""
        a, b = (self(argument) for argument in node.args)
        first = a <= b if node.op == "minimum" else a >= b
        return np.where(first, terms[0], terms[1])

    def _doubt(self, node: Expression) -> Any:
        doubt: Any = False
        if node.op == "reduce":
            return False
        for argument in node.args:
            doubt = doubt | np.asarray(self.uncertain(argument))
        if node.op in ("sign", "floor"):
            value, size = self(node.args[0]), self.magnitude(node.args[0])
            distance = np.abs(value if node.op == "sign" else value - np.rint(value))
            return doubt | self._within_rounding(distance, size)
        if node.condition and node.args and node.element:
            a, b = (self(argument) for argument in node.args)
            size = self.magnitude(node.args[0]) + self.magnitude(node.args[1])
            return doubt | self._within_rounding(np.abs(a - b), size)
        return doubt

    def _within_rounding(self, distance: Any, size: Any) -> Any:
        return (distance <= np.maximum(self.slack * size, self.least)) & (size > 0)


def _excess(magnitude: Any, size: Any) -> Any:
    """(M - |x|) / |x|: how much larger the added terms were than what is left; 0/0 is 0."""
    return np.where(magnitude > size, (magnitude - size) / np.where(size > 0, size, 1e-300), 0.0)
