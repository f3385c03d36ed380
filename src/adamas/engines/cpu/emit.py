"""Emit: one table from primitives to LLVM instructions, for numbers (float64) and vectors alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from llvmlite import ir  # noqa: TID253
from llvmlite.binding import llvm_version_info  # noqa: TID253

from adamas.engines.cpu.types import DOUBLE, FLOAT, I32, splat
from adamas.errors import EngineError
from adamas.language.expression import Expression


def intrinsic(builder: ir.IRBuilder, name: str, *operands: Any, result: Any = None) -> Any:
    """Call llvm.NAME for the operands' type."""
    kind = operands[0].type
    module = builder.module
    mangled = f"llvm.{name}.{suffix(kind)}"
    function = module.globals.get(mangled)
    if function is None:
        signature = ir.FunctionType(result or kind, [operand.type for operand in operands])
        function = ir.Function(module, signature, mangled)
    return builder.call(function, operands)


def suffix(kind: Any) -> str:
    """How LLVM writes a type in an intrinsic's name."""
    if isinstance(kind, ir.VectorType):
        return f"v{kind.count}{suffix(kind.element)}"
    return {"double": "f64", "float": "f32", "half": "f16", "ptr": "p0"}.get(str(kind), str(kind))


def masked(builder: ir.IRBuilder, what: str, vector: Any, operands: list[Any], align: int) -> Any:
    """Load or store a vector under a mask."""
    place = 0 if what == "load" else 1
    # LLVM 22 moved the alignment from an operand of its own to the pointer.
    new_form = llvm_version_info[0] >= 22
    if not new_form:
        operands = [*operands[: place + 1], I32(align), *operands[place + 1 :]]
    result = vector if what == "load" else ir.VoidType()
    name = f"llvm.masked.{what}.{suffix(vector)}.p0"
    function = builder.module.globals.get(name)
    if function is None:
        signature = ir.FunctionType(result, [operand.type for operand in operands])
        function = ir.Function(builder.module, signature, name)
    call = builder.call(function, operands)
    if new_form:
        aligned = ir.ArgumentAttributes()
        aligned.align = align
        call.arg_attributes[place] = aligned
    return call


def _call(name: str) -> Callable[..., Any]:
    return lambda builder, *operands: intrinsic(builder, name, *operands)


def _compare(how: str, ordered: bool = True) -> Callable[..., Any]:
    def emit(builder: ir.IRBuilder, a: Any, b: Any) -> Any:
        return (builder.fcmp_ordered if ordered else builder.fcmp_unordered)(how, a, b)

    return emit


def _sign(builder: ir.IRBuilder, x: Any) -> Any:
    """1 above zero, -1 below it, and x itself where it is 0 or NaN."""
    zero, one, minus = (number(x.type, value) for value in (0.0, 1.0, -1.0))
    below = builder.select(builder.fcmp_ordered("<", x, zero), minus, x)
    return builder.select(builder.fcmp_ordered(">", x, zero), one, below)


def _expm1(builder: ir.IRBuilder, x: Any) -> Any:
    """Only scalars have it (a traced pass makes it, and hosts have no need): libm's, in float64."""
    function = builder.module.globals.get("expm1")
    if function is None:
        function = ir.Function(builder.module, ir.FunctionType(DOUBLE, [DOUBLE]), "expm1")
    return builder.call(function, [x])


OPERATIONS: Mapping[str, Callable[..., Any]] = {
    "add": lambda builder, a, b: builder.fadd(a, b),
    "sub": lambda builder, a, b: builder.fsub(a, b),
    "mul": lambda builder, a, b: builder.fmul(a, b),
    "div": lambda builder, a, b: builder.fdiv(a, b),
    "pow": _call("pow"),
    "neg": lambda builder, a: builder.fneg(a),
    "abs": _call("fabs"),
    "sign": _sign,
    "sqrt": _call("sqrt"),
    "exp": _call("exp"),
    "expm1": _expm1,
    "log": _call("log"),
    "cos": _call("cos"),
    "floor": _call("floor"),
    "minimum": _call("minimum"),
    "maximum": _call("maximum"),
    "lt": _compare("<"),
    "le": _compare("<="),
    "gt": _compare(">"),
    "ge": _compare(">="),
    "eq": _compare("=="),
    "ne": _compare("!=", ordered=False),
    "where": lambda builder, condition, a, b: builder.select(condition, a, b),
}


def number(kind: Any, value: float) -> Any:
    """A constant of a number or vector type."""
    if isinstance(kind, ir.VectorType):
        return ir.Constant(kind, [number(kind.element, value)] * kind.count)
    if kind is FLOAT or str(kind) == "float":
        # LLVM writes a float constant as the double that is nearest to it.
        import numpy as np

        with np.errstate(over="ignore"):
            value = float(np.float32(value))
    return ir.Constant(kind, value)


class Emitter:
    """Emits the nodes of one straight piece of code; each once, under the author's name.

    Products and sums are never fused into one rounding: so every copy of the code, every processor
    and the interpreter give the same bits. (Fused, AdamW is some 10 % faster in cache and no faster
    in memory.)

    `known` holds what is there already: inputs, and scalars read from the frame.
    """

    def __init__(
        self,
        builder: ir.IRBuilder,
        kind: Any,
        known: dict[Expression, Any],
        names: Mapping[Expression, str],
        rule: str,
    ):
        self.builder = builder
        self.kind = kind
        self.known = known
        self.names = names
        self.rule = rule

    def __call__(self, node: Expression) -> Any:
        """The value of a node, emitted if it has not been yet."""
        if node.op == "constant":
            return number(self.kind, node.value)
        if node not in self.known:
            value = self._emit(node)
            if node in self.names and getattr(value, "name", None):
                value.name = self.names[node]
            self.known[node] = value
        return self.known[node]

    def _emit(self, node: Expression) -> Any:
        if node.op not in OPERATIONS:
            raise EngineError(f"cpu: unknown operation {node.op!r} in {self.rule} ({node.line}).")
        operands = [self(argument) for argument in node.args]
        if node.op == "where":
            operands[1:] = [self._broadcast(operand) for operand in operands[1:]]
        elif node.element:
            operands = [self._broadcast(operand) for operand in operands]
        return OPERATIONS[node.op](self.builder, *operands)

    def _broadcast(self, value: Any) -> Any:
        if isinstance(self.kind, ir.VectorType) and not isinstance(value.type, ir.VectorType):
            return splat(self.builder, value, self.kind.count)
        return value
