"""The closed list of primitives: name, arity, meaning in NumPy and on a Python float.

Adding one is an event.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Primitive:
    """One operation of the language.

    `jumps` marks outputs that are discontinuous in their argument: elements whose argument lies
    within its own rounding cannot be compared between engines.
    """

    name: str
    arity: int
    array: Callable[..., Any]
    number: Callable[..., Any]
    ufunc: Any = None
    condition: bool = False
    jumps: bool = False


def _maximum(a: float, b: float) -> float:
    return a if a != a or (b == b and a >= b) else b


def _minimum(a: float, b: float) -> float:
    return a if a != a or (b == b and a <= b) else b


def _sign(a: float) -> float:
    return a if a != a else float((a > 0) - (a < 0))


_TABLE = (
    # name, arity, meaning on arrays, meaning on floats, NumPy's ufunc of that name
    Primitive("add", 2, operator.add, operator.add, np.add),
    Primitive("sub", 2, operator.sub, operator.sub, np.subtract),
    Primitive("mul", 2, operator.mul, operator.mul, np.multiply),
    Primitive("div", 2, operator.truediv, operator.truediv, np.true_divide),
    Primitive("pow", 2, operator.pow, math.pow, np.power),
    Primitive("neg", 1, operator.neg, operator.neg, np.negative),
    Primitive("abs", 1, np.abs, abs, np.absolute),
    Primitive("sign", 1, np.sign, _sign, np.sign, jumps=True),
    Primitive("sqrt", 1, np.sqrt, math.sqrt, np.sqrt),
    Primitive("exp", 1, np.exp, math.exp, np.exp),
    Primitive("expm1", 1, np.expm1, math.expm1, np.expm1),
    Primitive("log", 1, np.log, math.log, np.log),
    Primitive("cos", 1, np.cos, math.cos, np.cos),
    Primitive("floor", 1, np.floor, lambda a: float(math.floor(a)), np.floor, jumps=True),
    Primitive("minimum", 2, np.minimum, _minimum, np.minimum),
    Primitive("maximum", 2, np.maximum, _maximum, np.maximum),
    Primitive("lt", 2, operator.lt, operator.lt, np.less, condition=True, jumps=True),
    Primitive("le", 2, operator.le, operator.le, np.less_equal, condition=True, jumps=True),
    Primitive("gt", 2, operator.gt, operator.gt, np.greater, condition=True, jumps=True),
    Primitive("ge", 2, operator.ge, operator.ge, np.greater_equal, condition=True, jumps=True),
    Primitive("eq", 2, operator.eq, operator.eq, np.equal, condition=True, jumps=True),
    Primitive("ne", 2, operator.ne, operator.ne, np.not_equal, condition=True, jumps=True),
    Primitive("where", 3, np.where, lambda c, a, b: a if c else b),
)

PRIMITIVES: dict[str, Primitive] = {primitive.name: primitive for primitive in _TABLE}
BY_UFUNC: dict[Any, str] = {primitive.ufunc: primitive.name for primitive in _TABLE}
BY_UFUNC.pop(None)

# A reduction turns an element value into one number, per tensor or over all tensors of a step.
# Sums are accumulated in float64 whatever the type of the elements, so that they do not depend on
# the order of the elements by more than float64's rounding.
REDUCTIONS: dict[str, Callable[[Any], float]] = {
    "sum": lambda x: float(np.sum(x, dtype=np.float64)),
    "sum_of_squares": lambda x: float(np.sum(np.square(x, dtype=np.float64))),
    "largest": lambda x: float(np.max(x, initial=-np.inf)),
}
COMBINE: dict[str, Callable[[float, float], float]] = {
    "sum": operator.add,
    "sum_of_squares": operator.add,
    "largest": _maximum,
}
REDUCTION_START: dict[str, float] = {"sum": 0.0, "sum_of_squares": 0.0, "largest": -math.inf}


def on_numbers(name: str, *numbers: Any) -> Any:
    """A primitive of Python floats, with IEEE's results (1/0 is inf, sqrt(-1) is nan), no error."""
    primitive = PRIMITIVES[name]
    try:
        return primitive.number(*numbers)
    except (ZeroDivisionError, ValueError, OverflowError):
        with np.errstate(all="ignore"):
            return float(primitive.ufunc(*(np.float64(number) for number in numbers)))
