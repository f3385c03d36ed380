"""Stages: the scalars between passes, as functions that read and write a frame in float64."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llvmlite import ir  # noqa: TID253

from adamas.engines.cpu.emit import Emitter
from adamas.engines.cpu.layout import Frame
from adamas.engines.cpu.types import DOUBLE, I64, POINTER
from adamas.graph.program import Program
from adamas.language.expression import Expression

STAGE = ir.FunctionType(ir.VoidType(), [POINTER])


def emit_stage(
    module: ir.Module, name: str, program: Program, scalars: Sequence[Expression], frame: Frame
) -> ir.Function:
    """Define the function NAME(frame): it computes `scalars`, operands first, and stores each."""
    function = ir.Function(module, STAGE, name)
    function.attributes.add("nounwind")
    (pointer,) = function.args
    pointer.name = "frame"
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    names = {node: text.replace("#", "_") for text, node in program.names.items()}
    known: dict[Expression, Any] = {}
    emit = Emitter(builder, DOUBLE, known, names, program.name)
    own = set(scalars)
    for node in scalars:
        for argument in node.args:
            if argument.op != "constant" and argument not in own and argument not in known:
                known[argument] = _read(builder, pointer, frame, argument)
        value = emit(node)
        if node.condition:
            value = builder.uitofp(value, DOUBLE)
        builder.store(value, builder.gep(pointer, [I64(frame.of(node))], source_etype=DOUBLE))
    builder.ret_void()
    return function


def _read(builder: ir.IRBuilder, pointer: Any, frame: Frame, node: Expression) -> Any:
    place = builder.gep(pointer, [I64(frame.of(node))], source_etype=DOUBLE)
    name = node.value.name if node.op == "input" else ""
    value = builder.load(place, typ=DOUBLE, name=name.replace("#", "_"))
    if node.condition:
        return builder.fcmp_unordered("!=", value, ir.Constant(DOUBLE, 0.0))
    return value
