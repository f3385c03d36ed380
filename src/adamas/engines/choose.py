"""Choosing an engine by name; what every engine offers to front ends."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from adamas.engines.interpreter import Interpreter
from adamas.engines.work import Tensor
from adamas.errors import choose
from adamas.graph.program import Program
from adamas.scope.watch import Watch

ENGINES = ("cpu", "interpret")


class Engine(Protocol):
    """Steps a fixed list of tensors by a lowered Program."""

    name: str

    def set_values(self, values: Sequence[Mapping[str, float]]) -> None:
        """The hyperparameters of each group, as numbers, until they are set again."""

    def step(self, gradients: tuple[Any, ...], number: int) -> bool:
        """Take step `number`; False, with nothing changed, where gradients need adapting first."""

    def adapt(self, gradients: Sequence[Any]) -> tuple[Any, ...]:
        """Checked gradients as the engine reads them."""

    def nonfinite(self, gradients: Sequence[Any]) -> list[int]:
        """How many elements of each adapted gradient are infinite or NaN."""

    def push(self) -> None:
        """Read the tensors' state again: it was changed from outside."""

    def pull(self) -> None:
        """Bring the tensors' state up to date, for others to read."""

    def explain(self) -> str:
        """Which code runs, on what, and why not faster code."""


def make_engine(
    name: str,
    program: Program,
    tensors: Sequence[Tensor],
    groups: Sequence[int],
    watch: Watch | None = None,
) -> Any:
    """The engine of that name; where "cpu" cannot run, the interpreter, with a warning.

    With a `watch` it has `readings` besides.
    """
    choose("engine", name, ENGINES)
    if name == "cpu":
        reason = why_not_cpu()
        if reason is None:
            from adamas.engines.cpu.engine import CpuEngine

            return CpuEngine(program, tensors, groups, watch)
        warnings.warn(
            f"adamas: the CPU engine cannot run here ({reason}); the much slower interpreter steps "
            f'instead. Say engine="interpret" to be silent about it.',
            RuntimeWarning,
            stacklevel=4,
        )
    return Interpreter(program, tensors, groups, watch)


def why_not_cpu() -> str | None:
    """What keeps the CPU engine from running on this machine; None if nothing does."""
    try:
        from adamas.engines.cpu import abi, runtime
    except ImportError as error:
        return f"llvmlite is missing: {error}"
    if not abi.layout_holds():
        return "arrays lie in memory in a way it does not know"
    return runtime.lacking()
