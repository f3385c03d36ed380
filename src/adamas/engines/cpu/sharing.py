"""Sharing: threads draw tickets for parts of the passes; scalars are evaluated between passes."""

from __future__ import annotations

import sys
from typing import Any

from llvmlite import ir  # noqa: TID253

from adamas.engines.cpu.code import Code, define
from adamas.engines.cpu.emit import intrinsic
from adamas.engines.cpu.kernel import PASS, VOID
from adamas.engines.cpu.layout import Chunk, Job, Row
from adamas.engines.cpu.stages import STAGE
from adamas.engines.cpu.types import DOUBLE, I32, I64, POINTER

# How a reduction combines, and the width of the table of reductions (`Job.REDUCTIONS`).
SUM, LARGEST = 0, 1
REDUCTION_WIDTH = 4
OVER_TENSOR, OVER_ALL = 1, 2  # places in `tables.SCOPES`

# Looks at a counter before the processor is given away between looks.
SPINS = 2000


def emit_between(module: ir.Module) -> ir.Function:
    """between(job, stage): combine the last pass's reductions in a fixed order; run the stage."""
    code, (job, stage) = define(module, "between", VOID, ("job", POINTER), ("stage", I64))
    builder = code.builder
    rows, count, width = (code.get(job, f) for f in (Job.ROWS, Job.ROW_COUNT, Job.ROW_WIDTH))
    before = builder.sub(stage, I64(1))
    first = code.get(code.get(job, Job.REDUCTION_STARTS), before)
    last = code.get(code.get(job, Job.REDUCTION_STARTS), stage)
    with code.loop(last, first) as number:
        entry = code.at(code.get(job, Job.REDUCTIONS), code.mul(number, REDUCTION_WIDTH))
        place, how, scope, field = (code.get(entry, column) for column in range(REDUCTION_WIDTH))
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
        by_row = code.differ(code.get(job, Job.BY_ROW), 0)
        with code.when(builder.and_(by_row, code.equal(scope, OVER_TENSOR))):
            _combine_rows(code, rows, count, width, how, field)
        with code.when(code.equal(scope, OVER_ALL)), code.loop(count) as index:
            row = code.at(rows, code.mul(index, width))
            with code.when(code.differ(code.get(row, Row.ACTIVE), 0)):
                code.put(code.read(everything), code.get(row, Row.FRAME), field)
    function = code.function_at(code.get(code.get(job, Job.SCALARS), stage), STAGE)
    frames, frame_width = code.get(job, Job.FRAMES), code.get(job, Job.FRAME_WIDTH)
    with code.loop(count) as index:
        row = code.at(rows, code.mul(index, width))
        own = builder.ptrtoint(code.at(frames, code.mul(index, frame_width)), I64)
        leads = code.equal(code.get(row, Row.FRAME), own)
        with code.when(builder.and_(leads, code.differ(code.get(row, Row.ACTIVE), 0))):
            builder.call(function, [code.pointer(own)])
    builder.ret_void()
    return code.function


def _combine_rows(code: Code, rows: Any, count: Any, width: Any, how: Any, field: Any) -> None:
    """Make the reductions of a tensor's rows into its own: gathered in the first, given to all."""
    for giving in (False, True):
        with code.loop(count) as index:
            row = code.at(rows, code.mul(index, width))
            first = code.get(row, Row.FIRST)
            follows = code.builder.and_(
                code.differ(first, index), code.differ(code.get(row, Row.ACTIVE), 0)
            )
            with code.when(follows):
                mine = code.get(row, Row.FRAME)
                gathered = code.get(code.at(rows, code.mul(first, width)), Row.FRAME)
                if giving:
                    code.put(code.number(gathered, field), mine, field)
                else:
                    parts = code.number(gathered, field), code.number(mine, field)
                    code.put(_combine(code, how, *parts), gathered, field)


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


def emit_work(module: ir.Module, between: ir.Function, x86: bool) -> ir.Function:
    """work(job): draw tickets and do their chunks until there are none; safe at any time."""
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
            code.publish(following, job, Job.READY)
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
        function = code.function_at(code.get(code.get(job, Job.KERNELS), kernel), PASS)
        partial = code.at(
            code.get(job, Job.PARTIALS), code.mul(chunk, code.get(job, Job.PARTIAL_WIDTH))
        )
        frame = code.pointer(code.get(row, Row.FRAME))
        code.builder.call(function, [row, frame, begin, count, partial])


def emit_finish(module: ir.Module, between: ir.Function, x86: bool) -> ir.Function:
    """finish(job): wait for the last chunk; last scalars; advance clocks and scalar slots."""
    code, (job,) = define(module, "finish", VOID, ("job", POINTER))
    builder = code.builder
    passes = code.get(job, Job.PASS_COUNT)
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


def _wait(code: Code, job: Any, counter: Job, value: Any, x86: bool) -> None:
    """Spin until a counter has reached a value; after a while yield between looks."""
    builder = code.builder
    looks = code.variable(I64, I64(0))
    builder.store(I64(0), looks)
    with code.forever() as reached:
        seen = builder.load_atomic(code.at(job, counter), "seq_cst", 8, typ=I64)
        again = code.function.append_basic_block("again")
        builder.cbranch(builder.icmp_signed(">=", seen, value), reached, again)
        builder.position_at_end(again)
        if x86:
            code.external("llvm.x86.sse2.pause", VOID)
        builder.store(code.add(code.read(looks), 1), looks)
        if sys.platform != "win32":
            with code.when(code.less(I64(SPINS), code.read(looks))):
                code.external("sched_yield", I32)


def _flush_denormals(code: Code, x86: bool) -> Any:
    """Let this thread treat denormal numbers as zero; returns what puts the caller's mode back.

    Arithmetic on denormals is some sixteen times slower, and moments of rows that see no gradient
    decay into them and stay there.
    """
    builder = code.builder
    if x86:
        before = code.variable(I32, I32(0))
        code.external("llvm.x86.sse.stmxcsr", VOID, before)
        saved = code.read(before)
        now = code.variable(I32, builder.or_(saved, I32(0x8040)))
        code.external("llvm.x86.sse.ldmxcsr", VOID, now)

        def restore() -> None:
            builder.store(saved, before)
            code.external("llvm.x86.sse.ldmxcsr", VOID, before)

        return restore
    saved = code.external("llvm.aarch64.get.fpcr", I64)
    code.external("llvm.aarch64.set.fpcr", VOID, builder.or_(saved, I64(1 << 24)))
    return lambda: code.external("llvm.aarch64.set.fpcr", VOID, saved)
