"""Prepare: the first part of a step looks at every gradient and gives every tensor its scalars."""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # noqa: TID253

from adamas.engines.cpu.abi import DATA, DESCRIPTOR, DIMENSIONS, FLAGS, ITEMS, NDIM, TYPE, WRITEABLE
from adamas.engines.cpu.code import Code, define
from adamas.engines.cpu.layout import Job, Row
from adamas.engines.cpu.stages import STAGE
from adamas.engines.cpu.types import DOUBLE, I32, I64, POINTER


def emit_prepare(module: ir.Module) -> ir.Function:
    """prepare(job, tuple of gradients, step): 0, or 1 + the first row that does not fit."""
    code, (job, gradients, step) = define(
        module, "prepare", I64, ("job", POINTER), ("gradients", POINTER), ("step", DOUBLE)
    )
    items = code.builder.gep(gradients, [I64(ITEMS)], source_etype=ir.IntType(8))
    rows, count, width = (code.get(job, f) for f in (Job.ROWS, Job.ROW_COUNT, Job.ROW_WIDTH))
    none, array_type = code.get(job, Job.NONE), code.get(job, Job.ARRAY_TYPE)
    total = code.variable(I64, I64(0))
    with code.loop(count) as number:
        row = code.at(rows, code.mul(number, width))
        gradient = code.get(items, code.get(row, Row.OWNER))
        code.put(0, row, Row.ACTIVE)
        with code.when(code.differ(gradient, none)):
            misfit = code.add(number, 1)
            code.leave(code.differ(code.field(gradient, TYPE), array_type), misfit)
            _check(code, row, gradient, misfit)
            code.put(1, row, Row.ACTIVE)
            offset = code.get(row, Row.OFFSET)
            parameter = code.field(code.get(row, Row.PARAMETER), DATA)
            code.put(code.add(parameter, offset), row, Row.POINTERS)
            code.put(code.add(code.field(gradient, DATA), offset), row, Row.POINTERS + 1)
            so_far = code.add(code.read(total), code.get(row, Row.COUNT))
            code.builder.store(so_far, total)
    code.put(code.read(total), job, Job.TOTAL)
    _emit_frames(code, job, step)
    for counter in (Job.DONE, Job.READY, Job.TICKET):
        code.publish(I64(0), job, counter)
    code.builder.ret(I64(0))
    return code.function


def _check(code: Code, row: Any, gradient: Any, misfit: Any) -> None:
    """Return `misfit` unless type, shape and layout of gradient and parameter are right."""
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
    code.leave(code.differ(code.read(elements), code.get(row, Row.SIZE)), misfit)


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
    """Write a row's inputs into its own frame, in `layout.frame_of`'s order, and run stage 0."""
    builder = code.builder
    frame = code.at(code.get(job, Job.FRAMES), code.mul(number, code.get(job, Job.FRAME_WIDTH)))
    code.put(builder.ptrtoint(frame, I64), row, Row.FRAME)
    hyper_count = code.get(job, Job.HYPER_COUNT)
    hyper = code.at(code.get(job, Job.HYPER), code.mul(code.get(row, Row.GROUP), hyper_count))
    with code.loop(hyper_count) as place:
        code.put(code.number(hyper, place), frame, place)
    clock = builder.sitofp(code.add(code.get(row, Row.T), 1), DOUBLE)
    sizes = [code.get(row, Row.SIZE), code.get(job, Job.TOTAL)]
    sizes += [code.get(row, Row.COUNT), code.get(row, Row.AXES)]
    inputs = [clock, step, *(builder.sitofp(size, DOUBLE) for size in sizes)]
    for offset, value in enumerate(inputs):
        code.put(value, frame, hyper_count, offset)
    after = code.add(hyper_count, len(inputs))
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
    builder.call(code.function_at(stage, STAGE), [frame])
