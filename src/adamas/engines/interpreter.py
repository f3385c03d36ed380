"""The interpreter as an engine: what front ends step with where slow and obvious is wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from adamas.engines import interpret
from adamas.engines.work import Array, Group, Tensor
from adamas.graph.program import Program
from adamas.scope.histogram import BINS, count
from adamas.scope.watch import Readings, Watch


class Interpreter:
    """The interpreter behind the interface that front ends use; see `engines.choose.Engine`."""

    name = "interpret"

    def __init__(
        self,
        program: Program,
        tensors: Sequence[Tensor],
        groups: Sequence[int],
        watch: Watch | None = None,
    ):
        self.program = program
        self.watch = watch
        self.measured: dict[Tensor, dict[str, Any]] = {}
        self.tensors = list(tensors)
        self.groups = list(groups)
        self.values: list[Mapping[str, float]] = []

    def set_values(self, values: Sequence[Mapping[str, float]]) -> None:
        """The hyperparameters of each group, as numbers, until they are set again."""
        self.values = list(values)

    def gather(self, gradients: Sequence[Any]) -> list[Group]:
        """The tensors that have a gradient, by group."""
        found = [Group(values, [], []) for values in self.values]
        for tensor, number, gradient in zip(self.tensors, self.groups, gradients, strict=True):
            if gradient is not None:
                found[number].tensors.append(tensor)
                found[number].gradients.append(gradient)
        return found

    def step(self, gradients: Sequence[Any], number: int) -> bool:
        """Take one step; False where the gradients have to be adapted first."""
        for tensor, gradient in zip(self.tensors, gradients, strict=True):
            if gradient is not None and not _fits(gradient, tensor.parameter):
                return False
        self.measured = {}
        look = self._look if self.watch else None
        interpret.step(self.program, self.gather(gradients), number, look)
        return True

    def _look(self, tensor: Tensor, evaluate: interpret.Evaluator) -> None:
        assert self.watch is not None
        numbers = {name: evaluate(node) for name, node in self.watch.numbers.items()}
        counts = {name: count(evaluate(node)) for name, node in self.watch.histograms.items()}
        self.measured[tensor] = numbers | counts

    def readings(self) -> Readings:
        """What was measured at the last step, of the tensors that took it."""
        assert self.watch is not None
        found = [self.measured.get(tensor, {}) for tensor in self.tensors]
        return self.watch.readings(
            [tensor.path for tensor in self.tensors],
            lambda name: [one.get(name, float("nan")) for one in found],
            lambda name: np.array([one.get(name, np.zeros(BINS, int)) for one in found]),
            [tensor in self.measured for tensor in self.tensors],
        )

    def adapt(self, gradients: Sequence[Any]) -> tuple[Any, ...]:
        """Gradients that were checked against their parameters need no more here."""
        return tuple(gradients)

    def nonfinite(self, gradients: Sequence[Any]) -> list[int]:
        """How many elements of each gradient are infinite or NaN."""
        return [
            0 if gradient is None else int(gradient.size - np.isfinite(gradient).sum())
            for gradient in gradients
        ]

    def push(self) -> None:
        """The tensors' state was changed from outside; the interpreter keeps none of its own."""

    def pull(self) -> None:
        """Bring the tensors' state up to date; here it always is."""

    def explain(self) -> str:
        """What runs, and why nothing faster does."""
        return (
            "interpret: NumPy evaluates the rule operation by operation, each a pass over memory.\n"
            'For one fused pass use engine="cpu".'
        )


def _fits(gradient: Any, parameter: Array) -> bool:
    return (
        isinstance(gradient, np.ndarray)
        and gradient.shape == parameter.shape
        and gradient.dtype == parameter.dtype
    )
