"""Steppers: what every contestant is to the clock, an object that steps arrays of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from adamas.bench.data import Data
from adamas.bench.work import Work

Array = np.ndarray[Any, Any]

# What a moment of a row that has seen no gradient for long decays into: below the smallest normal
# float32, 1.2e-38. There it stays, for 0.9 times the smallest denormal rounds back to it.
DENORMAL = 1e-40


class Stepper(Protocol):
    """A contestant at work on its own copy of the parameters."""

    def next(self) -> None:
        """Turn to the next gradients, as a backward pass would have left them. Not timed."""

    def step(self) -> None:
        """Step all tensors and return when they are written. This is what is timed."""

    def parameters(self) -> list[Array]:
        """Copies of the parameters in float64."""

    def decay(self) -> None:
        """Set every element of the moments to `DENORMAL`."""


@dataclass(frozen=True)
class Contestant:
    """Who takes part.

    title     for people
    missing   why it cannot do some work, in a few words; None where it can
    make      a stepper for work and data
    extra     bytes per parameter that it needs beside parameters and moments, for temporaries
    """

    name: str
    title: str
    missing: Callable[[Work], str | None]
    make: Callable[[Work, Data], Stepper]
    extra: int = 0


class Turns:
    """The sets of gradients in turn, over and over."""

    def __init__(self, sets: Sequence[list[Any]]):
        self.sets = sets
        self.number = -1

    def next(self) -> list[Any]:
        """The next set, in a list of its own, as new as a training loop's."""
        self.number = (self.number + 1) % len(self.sets)
        return list(self.sets[self.number])
