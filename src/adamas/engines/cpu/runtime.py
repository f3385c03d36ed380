"""The runtime: compiled once per process, it checks gradients, walks the table, and shares work out.

A step is `prepare` (look at the gradients, evaluate the first scalars), `work` (any number of
threads draw tickets for parts of the passes) and `finish` (last scalars, clocks). Tickets number the
parts of all passes in one sequence; whoever completes the last part of a pass evaluates the scalars
that the next one needs, and the others wait for it. So a step needs no barrier and no thread is in charge.
"""

from __future__ import annotations

import ctypes
import functools
import sys
from typing import Any, NamedTuple

import numpy as np
from llvmlite import binding, ir  # noqa: TID253

from adamas.engines.cpu.code import Code, define
from adamas.engines.cpu.compile import load, target_machine
from adamas.engines.cpu.emit import intrinsic
from adamas.engines.cpu.kernel import PASS, VOID
from adamas.engines.cpu.layout import Chunk, Job, Row
from adamas.engines.cpu.stages import STAGE
from adamas.engines.cpu.types import DOUBLE, I32, I64, POINTER

# Where CPython and NumPy keep what `prepare` reads: PyObject_HEAD, then the fields of
# PyArrayObject_fields in numpy/ndarraytypes.h, which are part of NumPy's ABI. Checked at start.
HEAD = object.__basicsize__
TYPE = HEAD - 8
DATA, NDIM, DIMENSIONS, DESCRIPTOR, FLAGS = HEAD, HEAD + 8, HEAD + 16, HEAD + 40, HEAD + 48
ITEMS = tuple.__basicsize__

# Bits of an array's flags: in C order, in Fortran order, aligned, writeable.
C_ORDER, F_ORDER, ALIGNED, WRITEABLE = 0x1, 0x2, 0x100, 0x400

# What the reductions table holds for each: its place among the partials, how to combine, and where to.
SUM, LARGEST = 0, 1
REDUCTION_WIDTH = 4

SPINS = 2000


class Runtime(NamedTuple):
    """The compiled functions. Those that are long release the interpreter lock while they run."""

    run: Any
    prepare: Any
    work: Any
    finish: Any


@functools.cache
def runtime() -> Runtime:
    """Compile the runtime, or hand out the one there is."""
    address = load(runtime_module())
    whole, pointer, number = ctypes.c_int64, ctypes.c_void_p, ctypes.c_double
    return Runtime(
        # A step of a small model takes microseconds: giving up the lock would cost more.
        run=ctypes.PYFUNCTYPE(whole, pointer, pointer, number)(address("run")),
        prepare=ctypes.PYFUNCTYPE(whole, pointer, pointer, number)(address("prepare")),
        work=ctypes.CFUNCTYPE(None, pointer)(address("work")),
        finish=ctypes.CFUNCTYPE(None, pointer)(address("finish")),
    )


def layout_holds() -> bool:
    """Whether NumPy's arrays lie in memory as `prepare` reads them; if not, the engine is not used."""
    array = np.zeros((2, 3), np.float32)

    def at(offset: int, kind: Any) -> int:
        return int(kind.from_address(id(array) + offset).value)

    shape = at(DIMENSIONS, ctypes.c_int64)
    return (
        sys.implementation.name == "cpython"
        and at(TYPE, ctypes.c_int64) == id(np.ndarray)
        and at(DATA, ctypes.c_int64) == array.ctypes.data
        and at(NDIM, ctypes.c_int32) == 2
        and [ctypes.c_int64.from_address(shape + 8 * i).value for i in range(2)] == [2, 3]
        and at(DESCRIPTOR, ctypes.c_int64) == id(array.dtype)
        and at(FLAGS, ctypes.c_int32) & 0x501 == C_ORDER | ALIGNED | WRITEABLE
    )


def lacking() -> str | None:
    """What this processor lacks that the kernels count on; None if nothing."""
    if target_machine().triple.startswith("x86_64"):
        features = binding.get_host_cpu_features()
        missing = [name for name in ("avx2", "fma", "f16c") if not features.get(name)]
        return f"the processor has no {', '.join(missing)}" if missing else None
    return None


def runtime_module() -> ir.Module:
    """The IR of all runtime functions."""
    module = ir.Module("runtime")
    x86 = target_machine().triple.startswith("x86_64")
    between = _emit_between(module)
    prepare = _emit_prepare(module)
    work = _emit_work(module, between, x86)
    finish = _emit_finish(module, between)
    code, (job, gradients, step) = define(
        module, "run", I64, ("job", POINTER), ("gradients", POINTER), ("step", DOUBLE)
    )
    status = code.builder.call(prepare, [job, gradients, step])
    code.leave(code.differ(status, 0), status)
    code.builder.call(work, [job])
    code.builder.call(finish, [job])
    code.builder.ret(I64(0))
    return module


def _emit_prepare(module: ir.Module) -> ir.Function:
    """prepare(job, tuple of gradients, step): 0, or 1 + the number of the first row that does not fit."""
    code, (job, gradients, step) = define(
        module, "prepare", I64, ("job", POINTER), ("gradients", POINTER), ("step", DOUBLE)
    )
    items = code.builder.gep(gradients, [I64(ITEMS)], source_etype=ir.IntType(8))
    rows, count, width = (code.get(job, f) for f in (Job.ROWS, Job.ROW_COUNT, Job.ROW_WIDTH))
    none, array_type = code.get(job, Job.NONE), code.get(job, Job.ARRAY_TYPE)
    total = code.variable(I64, I64(0))
    with code.loop(count) as number:
        row = code.at(rows, code.mul(number, width))
        gradient = code.get(items, number)
        code.put(0, row, Row.ACTIVE)
        with code.when(code.differ(gradient, none)):
            misfit = code.add(number, 1)
            code.leave(code.differ(code.field(gradient, TYPE), array_type), misfit)
            _check(code, row, gradient, misfit)
            code.put(1, row, Row.ACTIVE)
            code.put(code.field(code.get(row, Row.PARAMETER), DATA), row, Row.POINTERS)
            code.put(code.field(gradient, DATA), row, Row.POINTERS + 1)
            so_far = code.add(code.read(total), code.get(row, Row.COUNT))
            code.builder.store(so_far, total)
    code.put(code.read(total), job, Job.TOTAL)
    _emit_frames(code, job, step)
    for counter in (Job.DONE, Job.READY, Job.TICKET):
        _publish(code, I64(0), job, counter)
    code.builder.ret(I64(0))
    return code.function


def _check(code: Code, row: Any, gradient: Any, misfit: Any) -> None:
    """Return `misfit` unless type, shape and layout of gradient and parameter are as they must be."""
    builder = code.builder
    parameter = code.get(row, Row.PARAMETER)
    layout = builder.trunc(code.get(row, Row.FLAGS), I32)
    for array, needed in ((gradient, layout), (parameter, builder.or_(layout, I32(WRITEABLE)))):
        flags = builder.and_(code.field(array, FLAGS, I32), needed)
        code.leave(builder.icmp_signed("!=", flags, needed), misfit)
    code.leave(code.equal(code.get(row, Row.MADE), 0), misfit)
    other_type = code.differ(code.field(gradient, DESCRIPTOR), code.field(parameter, DESCRIPTOR))
    code.leave(other_type, misfit)
    depth = code.field(parameter, NDIM, I32)
    code.leave(builder.icmp_signed("!=", code.field(gradient, NDIM, I32), depth), misfit)
    ours, theirs = (code.field(array, DIMENSIONS) for array in (parameter, gradient))
    elements = code.variable(I64, I64(1))
    with code.loop(builder.sext(depth, I64)) as axis:
        length = code.get(ours, axis)
        code.leave(code.differ(length, code.get(theirs, axis)), misfit)
        builder.store(code.mul(code.read(elements), length), elements)
    code.leave(code.differ(code.read(elements), code.get(row, Row.COUNT)), misfit)


def _emit_frames(code: Code, job: Any, step: Any) -> None:
    """Give every active row its scalars; rows of a group with equal clocks and slots share them."""
    builder = code.builder
    rows, count, width = (code.get(job, f) for f in (Job.ROWS, Job.ROW_COUNT, Job.ROW_WIDTH))
    leaders, own = code.get(job, Job.LEADERS), code.get(job, Job.OWN_FRAMES)
    slots, slot_count = code.get(job, Job.SCALAR_SLOTS), code.get(job, Job.SCALAR_SLOT_COUNT)
    with code.loop(code.get(job, Job.GROUP_COUNT)) as group:
        code.put(-1, leaders, group)
    with code.loop(count) as number:
        row = code.at(rows, code.mul(number, width))
        with code.when(code.differ(code.get(row, Row.ACTIVE), 0)):
            group = code.get(row, Row.GROUP)
            leader = code.get(leaders, group)
            shared = code.variable(I64, I64(0))
            alike = builder.and_(code.equal(own, 0), builder.icmp_signed(">=", leader, I64(0)))
            with code.when(alike):
                other = code.at(rows, code.mul(leader, width))
                builder.store(I64(1), shared)
                for column in (Row.T, Row.WRITTEN):
                    with code.when(code.differ(code.get(row, column), code.get(other, column))):
                        builder.store(I64(0), shared)
                with code.loop(slot_count) as slot:
                    mine = code.get(slots, code.mul(number, slot_count), slot)
                    its = code.get(slots, code.mul(leader, slot_count), slot)
                    with code.when(code.differ(mine, its)):
                        builder.store(I64(0), shared)
                with code.when(code.differ(code.read(shared), 0)):
                    code.put(code.get(other, Row.FRAME), row, Row.FRAME)
            with code.when(code.equal(code.read(shared), 0)):
                code.put(number, leaders, group)
                _fill_frame(code, job, row, number, step)


def _fill_frame(code: Code, job: Any, row: Any, number: Any, step: Any) -> None:
    """Write a row's inputs into its own frame, in the order of `layout.frame_of`, and run stage 0."""
    builder = code.builder
    frame = code.at(code.get(job, Job.FRAMES), code.mul(number, code.get(job, Job.FRAME_WIDTH)))
    code.put(builder.ptrtoint(frame, I64), row, Row.FRAME)
    hyper_count = code.get(job, Job.HYPER_COUNT)
    hyper = code.at(code.get(job, Job.HYPER), code.mul(code.get(row, Row.GROUP), hyper_count))
    with code.loop(hyper_count) as place:
        code.put(code.number(hyper, place), frame, place)
    clock = builder.sitofp(code.add(code.get(row, Row.T), 1), DOUBLE)
    size = builder.sitofp(code.get(row, Row.COUNT), DOUBLE)
    total = builder.sitofp(code.get(job, Job.TOTAL), DOUBLE)
    for offset, value in enumerate((clock, step, size, total)):
        code.put(value, frame, hyper_count, offset)
    after = code.add(hyper_count, 4)
    written = code.get(row, Row.WRITTEN)
    all_slots = code.get(job, Job.SLOT_COUNT)
    with code.loop(all_slots) as slot:
        bit = builder.and_(builder.lshr(written, slot), I64(1))
        code.put(builder.sitofp(builder.xor(bit, I64(1)), DOUBLE), frame, after, slot)
    slots, slot_count = code.get(job, Job.SCALAR_SLOTS), code.get(job, Job.SCALAR_SLOT_COUNT)
    with code.loop(slot_count) as slot:
        value = code.number(slots, code.mul(number, slot_count), slot)
        code.put(value, frame, code.add(after, all_slots), slot)
    stage = code.get(code.get(job, Job.SCALARS), 0)
    builder.call(_function(builder, stage, STAGE), [frame])


def _emit_between(module: ir.Module) -> ir.Function:
    """between(job, stage): combine the reductions of the pass before, in a fixed order; run the stage."""
    code, (job, stage) = define(module, "between", VOID, ("job", POINTER), ("stage", I64))
    builder = code.builder
    rows, count, width = (code.get(job, f) for f in (Job.ROWS, Job.ROW_COUNT, Job.ROW_WIDTH))
    before = builder.sub(stage, I64(1))
    first = code.get(code.get(job, Job.REDUCTION_STARTS), before)
    last = code.get(code.get(job, Job.REDUCTION_STARTS), stage)
    with code.loop(last, first) as number:
        entry = code.at(code.get(job, Job.REDUCTIONS), code.mul(number, REDUCTION_WIDTH))
        place, how, over_all, field = (code.get(entry, column) for column in range(REDUCTION_WIDTH))
        empty = builder.select(
            code.equal(how, LARGEST), ir.Constant(DOUBLE, float("-inf")), ir.Constant(DOUBLE, 0.0)
        )
        everything = code.variable(DOUBLE, empty)
        with code.loop(count) as index:
            row = code.at(rows, code.mul(index, width))
            with code.when(code.differ(code.get(row, Row.ACTIVE), 0)):
                total = _combine_chunks(code, job, row, place, how, empty)
                code.put(total, code.get(row, Row.FRAME), field)
                builder.store(_combine(code, how, code.read(everything), total), everything)
        with code.when(code.differ(over_all, 0)), code.loop(count) as index:
            row = code.at(rows, code.mul(index, width))
            with code.when(code.differ(code.get(row, Row.ACTIVE), 0)):
                code.put(code.read(everything), code.get(row, Row.FRAME), field)
    function = _function(builder, code.get(code.get(job, Job.SCALARS), stage), STAGE)
    frames, frame_width = code.get(job, Job.FRAMES), code.get(job, Job.FRAME_WIDTH)
    with code.loop(count) as index:
        row = code.at(rows, code.mul(index, width))
        own = builder.ptrtoint(code.at(frames, code.mul(index, frame_width)), I64)
        leads = code.equal(code.get(row, Row.FRAME), own)
        with code.when(builder.and_(leads, code.differ(code.get(row, Row.ACTIVE), 0))):
            builder.call(function, [code.pointer(own)])
    builder.ret_void()
    return code.function


def _combine_chunks(code: Code, job: Any, row: Any, place: Any, how: Any, empty: Any) -> Any:
    """A row's reduction: the partial results of its chunks, one after the other."""
    total = code.variable(DOUBLE, empty)
    code.builder.store(empty, total)
    partials, width = code.get(job, Job.PARTIALS), code.get(job, Job.PARTIAL_WIDTH)
    first = code.get(row, Row.FIRST_CHUNK)
    with code.loop(code.add(first, code.get(row, Row.CHUNKS)), first) as chunk:
        part = code.number(partials, code.mul(chunk, width), place)
        code.builder.store(_combine(code, how, code.read(total), part), total)
    return code.read(total)


def _combine(code: Code, how: Any, a: Any, b: Any) -> Any:
    builder = code.builder
    largest = intrinsic(builder, "maximum", a, b)
    return builder.select(code.equal(how, LARGEST), largest, builder.fadd(a, b))


def _emit_work(module: ir.Module, between: ir.Function, x86: bool) -> ir.Function:
    """work(job): draw tickets and do their chunks until there are none; safe to call at any time."""
    code, (job,) = define(module, "work", VOID, ("job", POINTER))
    builder = code.builder
    restore = _flush_denormals(code, x86)
    tickets, passes = code.get(job, Job.TICKET_COUNT), code.get(job, Job.PASS_COUNT)
    limit = code.mul(tickets, passes)
    with code.forever() as done:
        ticket = builder.atomic_rmw("add", code.at(job, Job.TICKET), I64(1), "seq_cst")
        go_on = code.function.append_basic_block("ticket")
        builder.cbranch(code.less(ticket, limit), go_on, done)
        builder.position_at_end(go_on)
        number = builder.sdiv(ticket, tickets)
        part = builder.srem(ticket, tickets)
        _wait(code, job, Job.READY, number, x86)
        starts = code.get(job, Job.TICKETS)
        with code.loop(code.get(starts, part, 1), code.get(starts, part)) as chunk:
            _do_chunk(code, job, chunk, number, passes)
        finished = builder.atomic_rmw("add", code.at(job, Job.DONE), I64(1), "seq_cst")
        following = code.add(number, 1)
        last = code.equal(code.add(finished, 1), code.mul(following, tickets))
        with code.when(builder.and_(last, code.less(following, passes))):
            builder.call(between, [job, following])
            _publish(code, following, job, Job.READY)
    restore()
    builder.ret_void()
    return code.function


def _do_chunk(code: Code, job: Any, chunk: Any, number: Any, passes: Any) -> None:
    """Run one pass over one chunk, unless its row has no gradient."""
    entry = code.at(code.get(job, Job.CHUNKS), code.mul(chunk, int(Chunk.WIDTH)))
    row_number, begin, count = (
        code.get(entry, column) for column in (Chunk.ROW, Chunk.BEGIN, Chunk.COUNT)
    )
    row = code.at(code.get(job, Job.ROWS), code.mul(row_number, code.get(job, Job.ROW_WIDTH)))
    with code.when(code.differ(code.get(row, Row.ACTIVE), 0)):
        kernel = code.add(code.mul(code.get(row, Row.KIND), passes), number)
        function = _function(code.builder, code.get(code.get(job, Job.KERNELS), kernel), PASS)
        partial = code.at(
            code.get(job, Job.PARTIALS), code.mul(chunk, code.get(job, Job.PARTIAL_WIDTH))
        )
        frame = code.pointer(code.get(row, Row.FRAME))
        code.builder.call(function, [row, frame, begin, count, partial])


def _emit_finish(module: ir.Module, between: ir.Function) -> ir.Function:
    """finish(job): wait for the last chunk, evaluate the last scalars, advance clocks and scalar slots."""
    code, (job,) = define(module, "finish", VOID, ("job", POINTER))
    builder = code.builder
    passes = code.get(job, Job.PASS_COUNT)
    x86 = target_machine().triple.startswith("x86_64")
    _wait(code, job, Job.DONE, code.mul(code.get(job, Job.TICKET_COUNT), passes), x86)
    builder.call(between, [job, passes])
    rows, width = code.get(job, Job.ROWS), code.get(job, Job.ROW_WIDTH)
    slots, slot_count = code.get(job, Job.SCALAR_SLOTS), code.get(job, Job.SCALAR_SLOT_COUNT)
    fields = code.get(job, Job.SCALAR_FIELDS)
    with code.loop(code.get(job, Job.ROW_COUNT)) as number:
        row = code.at(rows, code.mul(number, width))
        with code.when(code.differ(code.get(row, Row.ACTIVE), 0)):
            code.put(code.add(code.get(row, Row.T), 1), row, Row.T)
            code.put(-1, row, Row.WRITTEN)
            with code.loop(slot_count) as slot:
                value = code.number(code.get(row, Row.FRAME), code.get(fields, slot))
                code.put(value, slots, code.mul(number, slot_count), slot)
    builder.ret_void()
    return code.function


def _function(builder: ir.IRBuilder, address: Any, signature: ir.FunctionType) -> Any:
    """An address as a function that can be called."""
    return builder.inttoptr(address, signature.as_pointer())


def _publish(code: Code, value: Any, job: Any, counter: Job) -> None:
    """Set a counter so that other threads see everything that was written before it."""
    code.builder.atomic_rmw("xchg", code.at(job, counter), value, "seq_cst")


def _wait(code: Code, job: Any, counter: Job, value: Any, x86: bool) -> None:
    """Spin until a counter has reached a value; after a while give the processor away between looks."""
    builder = code.builder
    looks = code.variable(I64, I64(0))
    builder.store(I64(0), looks)
    with code.forever() as reached:
        seen = builder.load_atomic(code.at(job, counter), "seq_cst", 8, typ=I64)
        again = code.function.append_basic_block("again")
        builder.cbranch(builder.icmp_signed(">=", seen, value), reached, again)
        builder.position_at_end(again)
        if x86:
            _external(code, "llvm.x86.sse2.pause", VOID)
        builder.store(code.add(code.read(looks), 1), looks)
        if sys.platform != "win32":
            with code.when(code.less(I64(SPINS), code.read(looks))):
                _external(code, "sched_yield", I32)


def _external(code: Code, name: str, result: Any, *operands: Any) -> Any:
    module = code.function.module
    function = module.globals.get(name)
    if function is None:
        signature = ir.FunctionType(result, [operand.type for operand in operands])
        function = ir.Function(module, signature, name)
    return code.builder.call(function, operands)


def _flush_denormals(code: Code, x86: bool) -> Any:
    """Let this thread treat denormal numbers as zero; returns what puts the caller's mode back.

    Arithmetic on denormals is some sixteen times slower, and moments of rows that see no gradient
    decay into them and stay there.
    """
    builder = code.builder
    if x86:
        before = code.variable(I32, I32(0))
        _external(code, "llvm.x86.sse.stmxcsr", VOID, before)
        saved = code.read(before)
        now = code.variable(I32, builder.or_(saved, I32(0x8040)))
        _external(code, "llvm.x86.sse.ldmxcsr", VOID, now)

        def restore() -> None:
            builder.store(saved, before)
            _external(code, "llvm.x86.sse.ldmxcsr", VOID, before)

        return restore
    saved = _external(code, "llvm.aarch64.get.fpcr", I64)
    _external(code, "llvm.aarch64.set.fpcr", VOID, builder.or_(saved, I64(1 << 24)))
    return lambda: _external(code, "llvm.aarch64.set.fpcr", VOID, saved)
