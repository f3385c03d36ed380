"""Contestants on NumPy arrays: adamas, the limit, and the loop of a tutorial."""

from __future__ import annotations

import numpy as np

from adamas.bench import tutorial
from adamas.bench.data import Data
from adamas.bench.limit import limit_of
from adamas.bench.stepper import DENORMAL, Array, Turns
from adamas.bench.work import DECAY, MAX_NORM, Work
from adamas.language.chain import Rule
from adamas.numpy import Optimizer


class Ours:
    """adamas.numpy.Optimizer with a rule."""

    def __init__(self, rule: Rule, data: Data):
        self.optimizer = Optimizer(rule, [p.copy() for p in data.parameters])
        self.turns = Turns(data.gradients)

    def next(self) -> None:
        self.gradients = self.turns.next()

    def step(self) -> None:
        self.optimizer.step(self.gradients)

    def parameters(self) -> list[Array]:
        return [p.astype(np.float64) for p in self.optimizer.params]

    def decay(self) -> None:
        for slots in self.optimizer.state.values():
            for slot in slots:
                slot[...] = DENORMAL


class Tutorial:
    """A loop over the tensors, and for each the formula in plain NumPy."""

    def __init__(self, work: Work, data: Data):
        self.function = tutorial.TUTORIAL[work.peer]
        self.values = work.values
        self.tensors = [p.copy() for p in data.parameters]
        self.states: list[tutorial.State] = [{} for _ in self.tensors]
        self.averages = [p.copy() for p in data.parameters] if work.chained else None
        self.turns = Turns(data.gradients)
        self.t = 0

    def next(self) -> None:
        self.gradients = self.turns.next()

    def step(self) -> None:
        self.t += 1
        gradients = self.gradients
        if self.averages is not None:
            gradients = tutorial.clip_global_norm(gradients, MAX_NORM)
        for p, g, state in zip(self.tensors, gradients, self.states, strict=True):
            self.function(p, g, state, self.t, self.values)
        if self.averages is not None:
            for i, (average, p) in enumerate(zip(self.averages, self.tensors, strict=True)):
                self.averages[i] = DECAY * average + (1 - DECAY) * p

    def parameters(self) -> list[Array]:
        return [p.astype(np.float64) for p in self.tensors]

    def decay(self) -> None:
        for state in self.states:
            for slot in state.values():
                slot[...] = DENORMAL


def make_ours(work: Work, data: Data) -> Ours:
    """Our optimizer."""
    return Ours(work.rule, data)


def make_limit(work: Work, data: Data) -> Ours:
    """Our optimizer with the rule that only moves the bytes."""
    rule = limit_of(work)
    assert rule is not None
    return Ours(rule, data)


def tutorial_lacks(work: Work) -> str | None:
    """Why there is no tutorial's loop for this work."""
    if work.peer not in tutorial.TUTORIAL:
        return f"no tutorial's loop is written for {work.name}"
    if work.dtype != "float32":
        return f"NumPy has no arithmetic worth the name in {work.dtype}"
    return None
