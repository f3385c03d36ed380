"""Schedules: hyperparameters that change with `step`, written in the language, joined by `*`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from adamas.errors import HyperparameterError, RuleError, nearest
from adamas.language.expression import Expression, apply, constant, input_, lift
from adamas.language.primitives import on_numbers

if TYPE_CHECKING:
    from adamas.language.declare import Hyperparameter

STEP = input_("clock", "step")


class Schedule:
    """A value for each call of `optimizer.step()`: an expression of `step`, 1 at the first call.

    Schedules multiply with numbers and with one another: `3e-4 * warmup(100) * cosine(10_000)`.
    `schedule(step)` gives the number at a step.
    """

    __slots__ = ("expression", "text")

    # Let `np.float64(0.1) * schedule` reach __rmul__.
    __array_ufunc__ = None

    def __init__(self, expression: Expression, text: str):
        self.expression = expression
        self.text = text

    def __call__(self, step: int) -> float:
        return float(_at(self.expression, float(step), {}))

    def __mul__(self, other: Schedule | float) -> Schedule:
        right = _as_schedule(other)
        expression = apply("mul", self.expression, right.expression)
        return Schedule(expression, f"{self.text} * {right.text}")

    def __rmul__(self, other: float) -> Schedule:
        return _as_schedule(other) * self

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Schedule) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return self.text

    def __reduce__(self) -> tuple[Any, ...]:
        return Schedule, (self.expression, self.text)


def _as_schedule(value: Schedule | float) -> Schedule:
    if isinstance(value, Schedule):
        return value
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.number)):
        raise HyperparameterError(
            f"a schedule multiplies with a number or another schedule; got {value!r}."
        )
    return Schedule(lift(value), repr(float(value)))


def _at(node: Expression, step: float, known: dict[Expression, Any]) -> Any:
    if node.op == "constant":
        return node.value
    if node.op == "input":
        return step
    if node not in known:
        if node.op == "where":
            condition, a, b = node.args
            known[node] = _at(a if _at(condition, step, known) else b, step, known)
        else:
            known[node] = on_numbers(
                node.op, *(_at(argument, step, known) for argument in node.args)
            )
    return known[node]


def schedule(function: Callable[..., Any]) -> Callable[..., Schedule]:
    """Make a function of `step` and declared hyperparameters a maker of schedules.

    ```python
    @schedule
    def warmup(step, *, steps=count(1000)):
        return minimum(step / steps, 1)
    ```
    """
    from adamas.language.binding import bind
    from adamas.language.declare import declared

    name = function.__name__
    code = function.__code__
    place = f"{name}, {code.co_filename.rsplit('/', 1)[-1]}:{code.co_firstlineno}"
    parameters = inspect.signature(function).parameters.values()
    positional = [p.name for p in parameters if p.kind is not p.KEYWORD_ONLY]
    if positional != ["step"]:
        raise RuleError(
            f"{place}: a schedule takes step, and its numbers behind '*'; "
            f"got {', '.join(positional) or 'no step'}."
        )
    declarations: dict[str, Hyperparameter] = {
        p.name: declared(place, p.name, p.default) for p in parameters if p.name != "step"
    }

    def make(*args: float, **given: float) -> Schedule:
        values = bind(name, declarations, args, given)
        for key, value in values.items():
            if not isinstance(value, float):
                raise HyperparameterError(f"{name}: {key} is a number; got {value!r}.")
        expression = lift(function(STEP, **{key: constant(v) for key, v in values.items()}))
        shown = [f"{v:.17g}" for v in values.values()]
        defaults = [declaration.default for declaration in declarations.values()]
        while shown and float(shown[-1]) == defaults[len(shown) - 1]:
            shown.pop()
        return Schedule(expression, f"{name}({', '.join(shown)})")

    make.__name__ = make.__qualname__ = name
    make.__doc__ = function.__doc__
    make.__module__ = function.__module__
    return make


def parse(text: str) -> Schedule:
    """The schedule that `repr` wrote: factors joined by ` * `, each a number or `name(numbers)`."""
    product: Schedule | None = None
    for factor in text.split(" * "):
        made = _parse_factor(factor.strip(), text)
        product = made if product is None else product * made
    assert product is not None
    return product


def _parse_factor(factor: str, text: str) -> Schedule:
    from adamas.schedules import SCHEDULES

    name, opened, inside = factor.partition("(")
    try:
        if not opened:
            return _as_schedule(float(factor))
        maker = SCHEDULES[name]
        numbers = [float(part) for part in inside.rstrip(")").split(",") if part.strip()]
    except (KeyError, ValueError) as error:
        raise HyperparameterError(
            f"{factor!r} in {text!r} is not a number or a schedule of adamas.schedules. "
            f"{nearest(name, (f'{known}(...)' for known in SCHEDULES))}"
        ) from error
    return maker(*numbers)
