"""Expressions: what a rule computes with while it is captured, then the nodes of its graph."""

from __future__ import annotations

import functools
import itertools
import sys
from types import FrameType
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from adamas.errors import RuleError
from adamas.language.primitives import BY_UFUNC, PRIMITIVES, REDUCTIONS

_serial = itertools.count()

# Roles of inputs that hold one value per element; all others hold one number per tensor.
ELEMENT_ROLES = frozenset({"parameter", "gradient", "slot"})


class Input(NamedTuple):
    """Where an input's value comes from.

    `role` is one of parameter, gradient, slot, scalar_slot, hyper, clock (t or step),
    first (has this slot never been written) and size (number of elements, of a tensor or of all).
    """

    role: str
    name: str


class Reduction(NamedTuple):
    """Which reduction, over what: one "tensor", each "row" of it, or "all" tensors of a step."""

    kind: str
    scope: str


class Expression:
    """An immutable node: an operation on expressions, a constant, or an input.

    op         a primitive's name, or "constant", "input", "reduce"
    args       the operands
    value      the number of a constant, the `Input` of an input, the `Reduction` of a reduce
    element    True where there is one value per element, False where one number per tensor
    condition  True for comparisons and `first`
    line       "file:line" of the author's code
    serial     grows with the order of creation, which is the author's order
    """

    __slots__ = ("args", "condition", "element", "line", "op", "serial", "value")

    op: str
    args: tuple[Expression, ...]
    value: Any
    element: bool
    condition: bool
    line: str
    serial: int

    def __init__(
        self, op: str, args: tuple[Expression, ...] = (), value: Any = None, line: str = ""
    ):
        self.op = op
        self.args = args
        self.value = value
        self.line = line
        self.serial = next(_serial)
        self.condition = False
        if op == "input":
            self.element = value.role in ELEMENT_ROLES
            self.condition = value.role == "first"
        elif op == "reduce":
            self.element = False
        else:
            self.element = any(argument.element for argument in args)
            self.condition = op in PRIMITIVES and PRIMITIVES[op].condition

    # Arithmetic -------------------------------------------------------------------------------

    def __add__(self, other: Operand) -> Expression:
        return apply("add", self, other)

    def __radd__(self, other: Operand) -> Expression:
        return apply("add", other, self)

    def __sub__(self, other: Operand) -> Expression:
        return apply("sub", self, other)

    def __rsub__(self, other: Operand) -> Expression:
        return apply("sub", other, self)

    def __mul__(self, other: Operand) -> Expression:
        return apply("mul", self, other)

    def __rmul__(self, other: Operand) -> Expression:
        return apply("mul", other, self)

    def __truediv__(self, other: Operand) -> Expression:
        return apply("div", self, other)

    def __rtruediv__(self, other: Operand) -> Expression:
        return apply("div", other, self)

    def __pow__(self, other: Operand) -> Expression:
        return apply("pow", self, other)

    def __rpow__(self, other: Operand) -> Expression:
        return apply("pow", other, self)

    def __neg__(self) -> Expression:
        return apply("neg", self)

    def __pos__(self) -> Expression:
        return self

    def __abs__(self) -> Expression:
        return apply("abs", self)

    # Comparisons. Nodes are compared with `is` inside adamas; `==` belongs to the language. -----

    def __lt__(self, other: Operand) -> Expression:
        return apply("lt", self, other)

    def __le__(self, other: Operand) -> Expression:
        return apply("le", self, other)

    def __gt__(self, other: Operand) -> Expression:
        return apply("gt", self, other)

    def __ge__(self, other: Operand) -> Expression:
        return apply("ge", self, other)

    def __eq__(self, other: object) -> Expression:  # type: ignore[override]
        return apply("eq", self, other)

    def __ne__(self, other: object) -> Expression:  # type: ignore[override]
        return apply("ne", self, other)

    __hash__ = object.__hash__

    # What has no meaning on a traced value ------------------------------------------------------

    def __bool__(self) -> bool:
        name = name_of(self)
        example = f"where({name if self.condition else name + ' > 0'}, a, b)"
        raise RuleError(
            f"{author_line()}: 'if' (or 'and', 'or', 'not', 'while') on a traced value "
            f"'{name}'. Use {example}."
        )

    def __float__(self) -> float:
        raise RuleError(
            f"{author_line()}: a traced value '{name_of(self)}' has no number yet. "
            f"Use the functions of adamas (sqrt, exp, log, ...) instead of those of math."
        )

    __int__ = __index__ = __float__

    def __iter__(self) -> Any:
        raise RuleError(f"{author_line()}: a traced value '{name_of(self)}' cannot be iterated.")

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Expression:
        """NumPy's own functions and scalars work where the language has the same primitive."""
        if method != "__call__" or options or ufunc not in BY_UFUNC:
            raise RuleError(
                f"{author_line()}: numpy.{ufunc.__name__} is not part of the language. "
                f"It has: {', '.join(PRIMITIVES)}."
            )
        return apply(BY_UFUNC[ufunc], *inputs)

    def __array_function__(self, function: Any, *_: Any) -> Any:
        """NumPy's functions that are no primitives, such as numpy.where, have no meaning here."""
        raise RuleError(
            f"{author_line()}: numpy.{function.__name__} is not part of the language. "
            f"Use the functions of adamas (where, clip, norm, mean, ...)."
        )

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise RuleError(
            f"{author_line()}: a traced value '{name_of(self)}' cannot become a NumPy array."
        )

    def __repr__(self) -> str:
        return _formula(self, depth=4)


INFIX = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "div": "/",
    "pow": "**",
    "lt": "<",
    "le": "<=",
    "gt": ">",
    "ge": ">=",
    "eq": "==",
    "ne": "!=",
}


def _formula(node: Expression, depth: int) -> str:
    """A node as its author may have written it; deep ones are cut off, for messages."""
    if node.op == "constant":
        return repr(node.value).removesuffix(".0")
    if node.op == "input":
        return str(node.value.name)
    if depth == 0:
        return "..."
    inside = [_formula(argument, depth - 1) for argument in node.args]
    if node.op in INFIX:
        a, b = (
            f"({text})" if argument.op in INFIX else text
            for text, argument in zip(inside, node.args, strict=True)
        )
        return f"{a} {INFIX[node.op]} {b}"
    return f"{node.value.kind if node.op == 'reduce' else node.op}({', '.join(inside)})"


Operand: TypeAlias = Expression | float | int


def constant(value: float) -> Expression:
    """A number in the graph."""
    return Expression("constant", (), float(value))


@functools.cache
def input_(role: str, name: str) -> Expression:
    """An input of a Program, one node for each; see `Input` for the roles."""
    return Expression("input", (), Input(role, name))


def lift(value: Any) -> Expression:
    """`value` as an expression; raises `RuleError` unless it is a number or an expression."""
    if isinstance(value, Expression):
        return value
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.number)):
        raise RuleError(
            f"{author_line()}: {type(value).__name__} {value!r} cannot be used in a rule. "
            f"Use numbers, hyperparameters, slots and what is computed from them."
        )
    return constant(float(value))


def apply(op: str, *operands: Any) -> Expression:
    """The node that applies primitive `op`, remembering the author's line."""
    args = tuple(lift(operand) for operand in operands)
    if op != "where":
        for argument in args:
            if argument.condition:
                raise RuleError(
                    f"{author_line()}: the condition '{name_of(argument)}' is used as a number. "
                    f"Use where(condition, a, b)."
                )
    elif not args[0].condition:
        raise RuleError(
            f"{author_line()}: where needs a condition first, got the value "
            f"'{name_of(args[0])}'. Use where({name_of(args[0])} > 0, a, b)."
        )
    return Expression(op, args, None, author_line())


def reduce_(kind: str, scope: str, x: Any) -> Expression:
    """The node that reduces element value `x` to one number; `kind` is a name in REDUCTIONS."""
    argument = lift(x)
    if kind not in REDUCTIONS or not argument.element:
        raise RuleError(
            f"{author_line()}: a reduction needs a value per element, "
            f"got the scalar '{name_of(argument)}'."
        )
    return Expression("reduce", (argument,), Reduction(kind, scope), author_line())


def _author_frame() -> FrameType | None:
    """The innermost frame outside adamas.language (rules of the book are authors too)."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and frame.f_globals.get("__name__", "").startswith("adamas.language"):
        frame = frame.f_back
    return frame


def author_line() -> str:
    """Where the author's code is being run now, as "file:line"."""
    frame = _author_frame()
    if frame is None:
        return "?"
    return f"{frame.f_code.co_filename.rsplit('/', 1)[-1]}:{frame.f_lineno}"


def name_of(expression: Expression) -> str:
    """What the author calls `expression`: a local's name, an input's name, or its formula."""
    frame = _author_frame()
    if frame is not None:
        for name, value in frame.f_locals.items():
            if value is expression:
                return name
    return repr(expression)
