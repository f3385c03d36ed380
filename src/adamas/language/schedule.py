"""Schedules: hyperparameters that change with `step`, written in the language, with arithmetic."""

from __future__ import annotations

import ast
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

    Schedules are multiplied, added and subtracted, with numbers and with one another:
    `3e-4 * warmup(100) * cosine(10_000)`, `0.95 - 0.1 * one_cycle(1000)`.
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
        return _join("mul", self, other)

    def __rmul__(self, other: float) -> Schedule:
        return _join("mul", other, self)

    def __add__(self, other: Schedule | float) -> Schedule:
        return _join("add", self, other)

    def __radd__(self, other: float) -> Schedule:
        return _join("add", other, self)

    def __sub__(self, other: Schedule | float) -> Schedule:
        return _join("sub", self, other)

    def __rsub__(self, other: float) -> Schedule:
        return _join("sub", other, self)

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
            f"a schedule goes with a number or another schedule; got {value!r}."
        )
    return Schedule(lift(value), written(float(value)))


SIGNS = {"mul": "*", "add": "+", "sub": "-"}


def _join(op: str, left: Schedule | float, right: Schedule | float) -> Schedule:
    """Two schedules joined by an operation; the text has brackets where they are needed."""
    a, b = _as_schedule(left), _as_schedule(right)
    texts = [a.text, b.text]
    for place, part in enumerate((a, b)):
        is_sum = part.expression.op in ("add", "sub") and _outermost_is_sum(part.text)
        if is_sum and (op == "mul" or (op == "sub" and place == 1)):
            texts[place] = f"({part.text})"
    return Schedule(apply(op, a.expression, b.expression), f" {SIGNS[op]} ".join(texts))


def _outermost_is_sum(text: str) -> bool:
    tree = ast.parse(text, mode="eval").body
    return isinstance(tree, ast.BinOp) and isinstance(tree.op, (ast.Add, ast.Sub))


def written(value: float) -> str:
    """A number as it is written by hand, and read again without loss."""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


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
        shown = [written(v) for v in values.values()]
        defaults = [declaration.default for declaration in declarations.values()]
        while shown and float(shown[-1]) == defaults[len(shown) - 1]:
            shown.pop()
        return Schedule(expression, f"{name}({', '.join(shown)})")

    make.__name__ = make.__qualname__ = name
    make.__doc__ = function.__doc__
    make.__module__ = function.__module__
    return make


def parse(text: str) -> Schedule:
    """The schedule that `repr` wrote: numbers and `name(numbers)`, joined by `*`, `+` and `-`.

    Raises `HyperparameterError` that names the part it cannot read.
    """
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError:
        raise _unreadable(text, text) from None
    return _as_schedule(_read(tree, text))


def _read(node: ast.expr, text: str) -> Schedule | float:
    from adamas.schedules import SCHEDULES

    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return float(node.value)  # type: ignore[arg-type]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        operand = _read(node.operand, text)
        if not isinstance(operand, Schedule):
            return -operand
        return -1.0 * operand
    if isinstance(node, ast.BinOp):
        left, right = _read(node.left, text), _read(node.right, text)
        for kind, op in ((ast.Mult, "mul"), (ast.Add, "add"), (ast.Sub, "sub")):
            if isinstance(node.op, kind):
                return _join(op, left, right)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        if node.func.id not in SCHEDULES:
            raise _unreadable(ast.unparse(node), text, node.func.id)
        numbers = [_read(argument, text) for argument in node.args]
        if not any(isinstance(number, Schedule) for number in numbers):
            return SCHEDULES[node.func.id](*numbers)
    raise _unreadable(ast.unparse(node), text)


def _unreadable(part: str, text: str, name: str = "") -> HyperparameterError:
    from adamas.schedules import SCHEDULES

    return HyperparameterError(
        f"{part!r} in {text!r} is not a number or a schedule of adamas.schedules. "
        f"{nearest(name or part, (f'{known}(...)' for known in SCHEDULES))}"
    )
