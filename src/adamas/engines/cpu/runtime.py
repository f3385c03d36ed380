"""The runtime: compiled once per process, it checks gradients, walks the table, shares out work.

A step is `prepare` (look at the gradients, evaluate the first scalars), `work` (any number of
threads draw tickets for parts of the passes) and `finish` (last scalars, clocks). Tickets number
the parts of all passes in one sequence; whoever completes the last part of a pass evaluates the
scalars that the next one needs, and the others wait for it. So a step needs no barrier, and no
thread is in charge.
"""

from __future__ import annotations

import ctypes
import functools
from typing import Any, NamedTuple

from llvmlite import binding, ir  # noqa: TID253

from adamas.engines.cpu.code import define
from adamas.engines.cpu.compile import load, target_machine
from adamas.engines.cpu.prepare import emit_prepare
from adamas.engines.cpu.sharing import emit_between, emit_finish, emit_work
from adamas.engines.cpu.types import DOUBLE, I64, POINTER


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


def lacking() -> str | None:
    """What this processor lacks that the kernels count on; None if nothing."""
    if target_machine().triple.startswith("x86_64"):
        features = binding.get_host_cpu_features()
        missing = [name for name in ("avx2", "f16c") if not features.get(name)]
        return f"the processor has no {', '.join(missing)}" if missing else None
    return None


def runtime_module() -> ir.Module:
    """The IR of all runtime functions."""
    module = ir.Module("runtime")
    x86 = target_machine().triple.startswith("x86_64")
    between = emit_between(module)
    prepare = emit_prepare(module)
    work = emit_work(module, between, x86)
    finish = emit_finish(module, between, x86)
    code, (job, gradients, step) = define(
        module, "run", I64, ("job", POINTER), ("gradients", POINTER), ("step", DOUBLE)
    )
    status = code.builder.call(prepare, [job, gradients, step])
    code.leave(code.differ(status, 0), status)
    code.builder.call(work, [job])
    code.builder.call(finish, [job])
    code.builder.ret(I64(0))
    return module
