"""What a signature declares: hyperparameters (default, range, meaning) and how slots start."""

from __future__ import annotations

import inspect
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from adamas.errors import HyperparameterError, RuleError
from adamas.language.expression import Expression, Operand, lift
from adamas.language.schedule import Schedule


class Shared:
    """The type of `shared`: a piece's hyperparameter that takes the value of the chain's rule."""

    def __repr__(self) -> str:
        return "shared"

    def __reduce__(self) -> str:
        return "shared"


shared = Shared()


@dataclass(frozen=True)
class Hyperparameter:
    """A declared hyperparameter: what validation, help texts, documentation and tuning need.

    low, high   the range; an end belongs to it unless `low_open` or `high_open`
    whole       True where only whole numbers have a meaning
    tuning      how a search walks the range: "log", "linear" or "complement" (log of 1 - x)
    """

    default: Any
    meaning: str
    low: float = -math.inf
    high: float = math.inf
    low_open: bool = False
    high_open: bool = False
    whole: bool = False
    tuning: str = "linear"

    @property
    def range(self) -> str:
        """The range as a reader expects it, for example `[0, 1)`."""
        left = "(" if self.low_open or self.low == -math.inf else "["
        right = ")" if self.high_open or self.high == math.inf else "]"
        return f"{left}{self.low:g}, {self.high:g}{right}".replace("inf", "∞")

    def check(self, owner: str, name: str, value: Any) -> Any:
        """`value` as it will be used: a float, a Schedule, or a framework's scalar as it is.

        Raises `HyperparameterError` where a concrete value is no number or lies outside the range.
        """
        if isinstance(value, (Schedule, Shared)):
            return value
        number = _concrete(value)
        if number is None:
            if _has_no_axes(value) and (hasattr(value, "dtype") or hasattr(value, "aval")):
                return value  # a tracer: it has no number to check yet
            raise HyperparameterError(
                f"{owner}: {name} is {self.meaning}, a number in {self.range}; "
                f"got {type(value).__name__} {value!r}."
            )
        below = number <= self.low if self.low_open else number < self.low
        above = number >= self.high if self.high_open else number > self.high
        outside = below or above or not math.isfinite(number)
        if outside or (self.whole and number != math.floor(number)):
            kind = "whole numbers in " if self.whole else ""
            raise HyperparameterError(
                f"{owner}: {name} is {self.meaning}, in {kind}{self.range}; got {number!r}."
            )
        return number if isinstance(value, (int, float, np.number)) else value


def _concrete(value: Any) -> float | None:
    """The number of a Python, NumPy or framework scalar; None where it has none (yet)."""
    if isinstance(value, (bool, np.bool_, str, bytes, Expression)) or not _has_no_axes(value):
        return None
    try:
        return float(value)
    except Exception:  # a tracer raises its framework's own error
        return None


def _has_no_axes(value: Any) -> bool:
    return len(getattr(value, "shape", ())) == 0


def declared(place: str, name: str, default: Any) -> Hyperparameter:
    """The declaration that stands behind `name=` in a signature; `place` is for the message."""
    if isinstance(default, Hyperparameter):
        return default
    if isinstance(default, Shared):
        return Hyperparameter(default, f"the rule's {name}")
    if default is inspect.Parameter.empty:
        raise RuleError(
            f"{place}: the hyperparameter {name!r} has no default. Declare it, for example "
            f"{name}=nonnegative(0.1)."
        )
    number = _concrete(default)
    if number is None:
        raise RuleError(
            f"{place}: the default of {name!r} is a declaration or a number; got {default!r}. "
            f"Declare it, for example {name}=nonnegative(0.1)."
        )
    return Hyperparameter(number, "a number")


def learning_rate(default: float | Shared) -> Hyperparameter:
    """The length of a step: at least 0."""
    return Hyperparameter(default, "the learning rate", low=0.0, tuning="log")


def decay(default: float | Shared, meaning: str = "the decay rate of an average") -> Hyperparameter:
    """A decay rate of an average, in [0, 1)."""
    return Hyperparameter(default, meaning, low=0.0, high=1.0, high_open=True, tuning="complement")


def fraction(default: float | Shared, meaning: str = "a fraction") -> Hyperparameter:
    """A fraction, in [0, 1]."""
    return Hyperparameter(default, meaning, low=0.0, high=1.0)


def nonnegative(default: float | Shared, meaning: str = "a number") -> Hyperparameter:
    """A number of at least 0."""
    return Hyperparameter(default, meaning, low=0.0, tuning="log")


def positive(default: float | Shared, meaning: str = "a number") -> Hyperparameter:
    """A number above 0."""
    return Hyperparameter(default, meaning, low=0.0, low_open=True, tuning="log")


def between(
    default: float | Shared,
    low: float,
    high: float,
    meaning: str = "a number",
    *,
    low_open: bool = False,
    high_open: bool = False,
) -> Hyperparameter:
    """A number from `low` to `high`; either end may be left out of the range."""
    return Hyperparameter(default, meaning, low, high, low_open, high_open)


def count(default: int, meaning: str = "a number of steps") -> Hyperparameter:
    """A whole number of at least 1."""
    return Hyperparameter(default, meaning, low=1.0, whole=True, tuning="log")


@dataclass(frozen=True)
class Start:
    """How a slot starts: `element` slots have a value per element, others one number per tensor.

    `value` is an expression of the symbols of `adamas.symbols`: p and hyperparameters.
    """

    element: bool
    value: Expression


def like(parameter: Operand) -> Start:
    """The slot starts as a copy of an expression of p, usually `like(p)`."""
    return _start(True, parameter)


def full(value: Operand) -> Start:
    """The slot starts with this everywhere: a number or an expression of hyperparameters."""
    return _start(True, value)


def scalar(value: Operand) -> Start:
    """The slot is one number per tensor and starts with this value."""
    start = _start(False, value)
    if start.value.element:
        raise RuleError("scalar(): a scalar slot cannot start from a value per element.")
    return start


def _start(element: bool, value: Operand) -> Start:
    return Start(element, lift(value))


ZEROS = Start(True, lift(0.0))
