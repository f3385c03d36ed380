"""Kernels: the loop template that makes one pass of a Program over a part of one tensor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llvmlite import ir  # noqa: TID253

from adamas.engines.cpu.emit import Emitter, intrinsic, masked, number
from adamas.engines.cpu.histogram import Counter
from adamas.engines.cpu.layout import Frame, Row
from adamas.engines.cpu.types import DOUBLE, I64, POINTER, Kind, splat
from adamas.graph.phases import Phase
from adamas.graph.program import Program
from adamas.language.expression import Expression

VOID = ir.VoidType()
# row, frame, first element, number of elements, partial reductions
PASS = ir.FunctionType(VOID, [POINTER, POINTER, I64, I64, POINTER])


def emit_pass(
    module: ir.Module, name: str, program: Program, phase: Phase, frame: Frame, kind: Kind
) -> ir.Function:
    """Define the function NAME: it reads pointers from a row and calls the loop over elements."""
    arrays = _arrays(program, phase)
    body = _emit_body(module, f"{name}_elements", program, phase, frame, kind, arrays)
    function = ir.Function(module, PASS, name)
    function.attributes.add("nounwind")
    row, scalars, begin, count, partials = function.args
    for argument, text in zip(
        function.args, ("row", "frame", "begin", "count", "partials"), strict=True
    ):
        argument.name = text
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    pointers = []
    for array, (role, column) in arrays.items():
        place = builder.gep(row, [I64(Row.POINTERS + column)], source_etype=I64)
        start = builder.load(place, typ=POINTER)
        pointers.append(
            builder.gep(start, [begin], source_etype=kind.storage(role).bits, name=_clean(array))
        )
    place = builder.gep(row, [I64(Row.HISTOGRAMS)], source_etype=I64)
    builder.call(body, [*pointers, scalars, count, partials, builder.load(place, typ=POINTER)])
    builder.ret_void()
    return function


def columns(program: Program) -> dict[str, tuple[str, int]]:
    """For each array its role and its place among a row's pointers."""
    found = {"p": ("parameter", 0), "g": ("gradient", 1)}
    for name, start in program.slots.items():
        if start.element:
            found[name] = ("slot", len(found))
    return found


def _arrays(program: Program, phase: Phase) -> dict[str, tuple[str, int]]:
    """The arrays that a pass reads or writes."""
    used = {node.value.name for node in phase.inputs_read()} | set(phase.outputs)
    return {name: place for name, place in columns(program).items() if name in used}


def _emit_body(
    module: ir.Module,
    name: str,
    program: Program,
    phase: Phase,
    frame: Frame,
    kind: Kind,
    arrays: Mapping[str, tuple[str, int]],
) -> ir.Function:
    """The loop: whole vectors, then the rest under a mask. Both run the same instructions."""
    signature = ir.FunctionType(VOID, [*[POINTER] * len(arrays), POINTER, I64, POINTER, POINTER])
    function = ir.Function(module, signature, name)
    function.linkage = "internal"
    for attribute in ("nounwind", "noinline"):
        function.attributes.add(attribute)
    pointers = dict(zip(arrays, function.args, strict=False))
    for text, argument in pointers.items():
        argument.name = _clean(text)
        argument.add_attribute("noalias")
    texts = ("frame", "count", "partials", "histograms")
    for argument, text in zip(function.args[-4:], texts, strict=True):
        argument.name = text
    return _Loop(function, program, phase, frame, kind, arrays, pointers).emit()


class _Loop:
    """Emits the body of one pass; a class only to keep what all its parts need at hand."""

    def __init__(
        self,
        function: ir.Function,
        program: Program,
        phase: Phase,
        frame: Frame,
        kind: Kind,
        arrays: Mapping[str, tuple[str, int]],
        pointers: Mapping[str, Any],
    ):
        self.function, self.program, self.phase, self.kind = function, program, phase, kind
        self.frame, self.arrays, self.pointers = frame, arrays, pointers
        self.lanes = kind.lanes
        self.vector = ir.VectorType(kind.working, self.lanes)
        self.names = {node: _clean(text) for text, node in program.names.items()}
        self.counters: dict[str, Counter] = {}

    def emit(self) -> ir.Function:
        frame, count, partials, histograms = self.function.args[-4:]
        entry = self.function.append_basic_block("entry")
        loop = self.function.append_basic_block("vectors")
        after = self.function.append_basic_block("after")
        rest = self.function.append_basic_block("rest")
        done = self.function.append_basic_block("done")
        builder = ir.IRBuilder(entry)
        known = self._read_scalars(builder, frame)
        self.counters = {name: Counter(builder, self.kind, count) for name in self.phase.histograms}
        whole = builder.and_(count, I64(-self.lanes), "whole")
        start = [self._start(node) for node in self.phase.reductions]
        builder.cbranch(builder.icmp_signed(">", whole, I64(0)), loop, after)

        builder.position_at_end(loop)
        index = builder.phi(I64, "i")
        index.add_incoming(I64(0), entry)
        sums = [builder.phi(value.type, "partial") for value in start]
        for phi, value in zip(sums, start, strict=True):
            phi.add_incoming(value, entry)
        new = self._once(builder, dict(known), index, None, sums)
        following = builder.add(index, I64(self.lanes), "next")
        index.add_incoming(following, builder.block)
        for phi, value in zip(sums, new, strict=True):
            phi.add_incoming(value, builder.block)
        looped = builder.block
        builder.cbranch(builder.icmp_signed("<", following, whole), loop, after)

        builder.position_at_end(after)
        kept = [builder.phi(value.type, "partial") for value in start]
        for phi, value, begun in zip(kept, new, start, strict=True):
            phi.add_incoming(begun, entry)
            phi.add_incoming(value, looped)
        left = builder.sub(count, whole, "left")
        builder.cbranch(builder.icmp_signed(">", left, I64(0)), rest, done)

        builder.position_at_end(rest)
        mask = self._mask(builder, left)
        last = self._once(builder, dict(known), whole, mask, kept)
        rested = builder.block
        builder.branch(done)

        builder.position_at_end(done)
        totals = []
        for value, end in zip(kept, last, strict=True):
            total = builder.phi(value.type, "total")
            total.add_incoming(value, after)
            total.add_incoming(end, rested)
            totals.append(total)
        for place, (node, total) in enumerate(zip(self.phase.reductions, totals, strict=True)):
            slot = builder.gep(partials, [I64(place)], source_etype=DOUBLE)
            builder.store(self._horizontal(builder, node, total), slot)
        for place, counter in enumerate(self.counters.values()):
            counter.hand_over(builder, histograms, place)
        builder.ret_void()
        return self.function

    def _read_scalars(self, builder: ir.IRBuilder, frame: Any) -> dict[Expression, Any]:
        """The scalars of the pass as vectors; conditions as bits."""
        known: dict[Expression, Any] = {}
        for node in self.phase.scalars_read():
            place = builder.gep(frame, [I64(self.frame.of(node))], source_etype=DOUBLE)
            value = builder.load(place, typ=DOUBLE)
            if node.condition:
                known[node] = builder.fcmp_unordered("!=", value, ir.Constant(DOUBLE, 0.0))
                continue
            if self.kind.working is not DOUBLE:
                value = builder.fptrunc(value, self.kind.working)
            known[node] = splat(builder, value, self.lanes)
        return known

    def _once(
        self,
        builder: ir.IRBuilder,
        known: dict[Expression, Any],
        index: Any,
        mask: Any,
        sums: list[Any],
    ) -> list[Any]:
        """One vector: load, compute, store; returns the partial reductions with it added."""
        for node in self.phase.inputs_read():
            known[node] = self._load(builder, node.value.name, index, mask)
        emit = Emitter(builder, self.vector, known, self.names, self.program.name)
        outputs = {name: emit._broadcast(emit(node)) for name, node in self.phase.outputs.items()}
        new = [
            self._accumulate(builder, node, total, emit._broadcast(emit(node.args[0])), mask)
            for node, total in zip(self.phase.reductions, sums, strict=True)
        ]
        for name, value in outputs.items():
            self._store(builder, name, value, index, mask)
        for name, counter in self.counters.items():
            counter.count(builder, emit._broadcast(emit(self.phase.histograms[name])), index, mask)
        return new

    def _load(self, builder: ir.IRBuilder, name: str, index: Any, mask: Any) -> Any:
        storage = self.kind.storage(self.arrays[name][0])
        vector = ir.VectorType(storage.bits, self.lanes)
        place = builder.gep(self.pointers[name], [index], source_etype=storage.bits)
        if mask is None:
            loaded = builder.load(place, typ=vector, align=storage.size)
        else:
            zeros = ir.Constant(vector, [ir.Constant(storage.bits, 0)] * self.lanes)
            loaded = masked(builder, "load", vector, [place, mask, zeros], storage.size)
        loaded.name = _clean(name)
        return storage.to_working(builder, loaded, _clean(name))

    def _store(self, builder: ir.IRBuilder, name: str, value: Any, index: Any, mask: Any) -> None:
        storage = self.kind.storage(self.arrays[name][0])
        bits = storage.from_working(builder, value)
        place = builder.gep(self.pointers[name], [index], source_etype=storage.bits)
        if mask is None:
            builder.store(bits, place, align=storage.size)
        else:
            masked(builder, "store", bits.type, [bits, place, mask], storage.size)

    def _mask(self, builder: ir.IRBuilder, left: Any) -> Any:
        lanes = ir.Constant(
            ir.VectorType(I64, self.lanes), [I64(lane) for lane in range(self.lanes)]
        )
        return builder.icmp_signed("<", lanes, splat(builder, left, self.lanes), "mask")

    # Reductions -------------------------------------------------------------------------------

    def _start(self, node: Expression) -> Any:
        """An empty partial reduction: sums in float64, a lane each."""
        if node.value.kind == "largest":
            return number(self.vector, float("-inf"))
        return number(ir.VectorType(DOUBLE, self.lanes), 0.0)

    def _accumulate(
        self, builder: ir.IRBuilder, node: Expression, total: Any, value: Any, mask: Any
    ) -> Any:
        if node.value.kind == "largest":
            if mask is not None:
                value = builder.select(mask, value, number(self.vector, float("-inf")))
            return intrinsic(builder, "maximum", total, value)
        if mask is not None:
            value = builder.select(mask, value, number(self.vector, 0.0))
        wide = value if self.kind.working is DOUBLE else builder.fpext(value, total.type)
        if node.value.kind == "sum_of_squares":
            wide = builder.fmul(wide, wide)
        return builder.fadd(total, wide)

    def _horizontal(self, builder: ir.IRBuilder, node: Expression, total: Any) -> Any:
        """All lanes in one number, in their order."""
        if node.value.kind == "largest":
            value = builder.extract_element(total, I64(0))
            for lane in range(1, self.lanes):
                value = intrinsic(
                    builder, "maximum", value, builder.extract_element(total, I64(lane))
                )
            return value if self.kind.working is DOUBLE else builder.fpext(value, DOUBLE)
        value = builder.extract_element(total, I64(0))
        for lane in range(1, self.lanes):
            value = builder.fadd(value, builder.extract_element(total, I64(lane)))
        return value


def _clean(name: str) -> str:
    return name.replace("#", "_")
