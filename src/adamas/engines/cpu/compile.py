"""Compile: a Program's passes and stages to machine code in this process, each structure once."""

from __future__ import annotations

import functools
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from llvmlite import binding, ir  # noqa: TID253

from adamas.engines.cpu.kernel import emit_pass
from adamas.engines.cpu.layout import Frame, frame_of
from adamas.engines.cpu.stages import emit_stage
from adamas.engines.cpu.types import Kind
from adamas.graph.phases import Phases, split
from adamas.graph.program import Program
from adamas.language.expression import Expression

_lock = threading.RLock()
# Machine code lives as long as the process: optimizers come and go, kernels are few.
_alive: list[Any] = []


@functools.cache
def target_machine() -> Any:
    """LLVM's description of this processor, with all its features."""
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    target = binding.Target.from_default_triple()
    return target.create_target_machine(
        cpu=binding.get_host_cpu_name(),
        features=binding.get_host_cpu_features().flatten(),
        opt=3,
        jit=True,
    )


def cross_machine(triple: str, cpu: str = "", features: str = "") -> Any:
    """A target machine for another processor, to read its assembly."""
    binding.initialize_all_targets()
    binding.initialize_all_asmprinters()
    return binding.Target.from_triple(triple).create_target_machine(
        cpu=cpu, features=features, opt=3
    )


@dataclass(frozen=True)
class Compiled:
    """Addresses of a Program's functions: `passes` for one kind of types, `stages` for all."""

    passes: tuple[int, ...]
    stages: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Plan:
    """A lowered Program made ready for compiling: phases and the frame they share."""

    program: Program
    phases: Phases
    frame: Frame


@functools.lru_cache(maxsize=256)
def _plan(program: Program) -> Plan:
    phases = split(program)
    return Plan(program, phases, frame_of(program, phases))


def plan(
    program: Program,
    watched: Mapping[str, Expression] | None = None,
    histograms: Mapping[str, Expression] | None = None,
) -> Plan:
    """Phases and frame of a lowered Program, with what is watched computed beside."""
    if not watched and not histograms:
        return _plan(program)
    phases = split(program, watched, histograms)
    return Plan(program, phases, frame_of(program, phases))


def module_of(plan: Plan, kind: Kind) -> ir.Module:
    """The IR of all passes and stages of a Program for one kind of types."""
    module = ir.Module(plan.program.name)
    for number, phase in enumerate(plan.phases.passes):
        emit_pass(module, f"pass_{number}", plan.program, phase, plan.frame, kind)
    for number, scalars in enumerate(stages(plan.phases)):
        emit_stage(module, f"stage_{number}", plan.program, scalars, plan.frame)
    return module


def stages(phases: Phases) -> list[tuple[Expression, ...]]:
    """The scalars before each pass, and those after the last."""
    return [*(phase.scalars for phase in phases.passes), phases.final]


@functools.lru_cache(maxsize=1024)
def compiled(plan: Plan, kind: Kind) -> Compiled:
    """The Program compiled for these types; kept for the life of the process."""
    module = module_of(plan, kind)
    address = load(module)
    return Compiled(
        tuple(address(f"pass_{number}") for number in range(len(plan.phases.passes))),
        tuple(address(f"stage_{number}") for number in range(len(plan.phases.passes) + 1)),
    )


def load(module: ir.Module) -> Any:
    """Compile a module into the process; returns a function from a symbol's name to its address."""
    with _lock:
        machine = target_machine()
        module.triple = machine.triple
        parsed = binding.parse_assembly(str(module))
        parsed.verify()
        engine = binding.create_mcjit_compiler(parsed, machine)
        engine.finalize_object()
        _alive.append(engine)
        return engine.get_function_address


def assembly(module: ir.Module, machine: Any = None) -> str:
    """The machine code of a module as text."""
    machine = machine or target_machine()
    module.triple = machine.triple
    return str(machine.emit_assembly(binding.parse_assembly(str(module))))
