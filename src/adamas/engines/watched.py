"""Watching: a second engine that also measures, used on the steps that are watched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from adamas.engines.choose import Engine
from adamas.scope.watch import Readings


class Measuring(Engine, Protocol):
    """An engine that was made with a `Watch`."""

    def readings(self) -> Readings:
        """What was measured at the last step, of the tensors that took it."""


class Watched:
    """An engine that steps with `watching` at every `every`-th step, else with `plain`.

    The two keep clocks of their own; state is handed over where one follows the other.
    """

    def __init__(self, plain: Engine, watching: Measuring, every: int):
        self.plain = plain
        self.watching = watching
        self.every = every
        self.current: Engine = plain
        self.values: Sequence[Mapping[str, float]] = []
        self.last: int | None = None

    @property
    def name(self) -> str:
        """The name of the engine that steps."""
        return self.plain.name

    def set_values(self, values: Sequence[Mapping[str, float]]) -> None:
        """The hyperparameters of each group, as numbers, until they are set again."""
        self.values = values
        self.current.set_values(values)

    def step(self, gradients: tuple[Any, ...], number: int) -> bool:
        """Take one step, measuring where it is one of those watched."""
        watched = (number - 1) % self.every == 0
        self._use(self.watching if watched else self.plain)
        done = self.current.step(gradients, number)
        if done and watched:
            self.last = number
        return done

    def _use(self, engine: Engine) -> None:
        if engine is not self.current:
            self.current.pull()
            engine.push()
            engine.set_values(self.values)
            self.current = engine

    def adapt(self, gradients: Sequence[Any]) -> tuple[Any, ...]:
        """Checked gradients as the engine reads them."""
        return self.current.adapt(gradients)

    def nonfinite(self, gradients: Sequence[Any]) -> list[int]:
        """How many elements of each adapted gradient are infinite or NaN."""
        return self.current.nonfinite(gradients)

    def push(self) -> None:
        """Read the tensors' state again: it was changed from outside."""
        self.current.push()

    def pull(self) -> None:
        """Bring the tensors' state up to date, for others to read."""
        self.current.pull()

    def explain(self) -> str:
        """Which code runs, on what, and why not faster code."""
        how = "every step" if self.every == 1 else f"every {self.every} steps"
        return f"{self.plain.explain()}\n  Watched at {how}, inside the same pass."
