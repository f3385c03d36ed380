"""Validation: who does not step as the definition does computes another formula and is not timed.

The definition is the interpreter in float64. Hyperparameters are chosen so that a formula shows: a
large learning rate, an epsilon of the gradients' own size, decay that counts. Each step's *change*
of the parameters is compared, for equal parameters can hide a wrong step:

    |change - definition's| <= TOLERANCE * (|parameter| + largest change),

TOLERANCE being 256 times the type's spacing at 1 for float32 (optax and Keras are up to 85 off),
16 times for float16 and 4 times for bfloat16, in which torch's default and optax round every
operation.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from adamas.bench.data import Data
from adamas.bench.peers import PEERS
from adamas.bench.stepper import Array, Contestant
from adamas.bench.work import Work
from adamas.numpy import Optimizer

STEPS = 8
SHAPES = ((7, 5), (13,), (1,))
TOLERANCE = {"float32": 256 * 2.0**-23, "bfloat16": 4 * 2.0**-7, "float16": 16 * 2.0**-10}
# Of these, what a rule has. A beta2 nearer to 1 is lost in float32 scalars: optax's 1 - 0.9999 is
# off by six in ten thousand.
TELLING = {
    "lr": 0.05,
    "beta2": 0.99,
    "eps": 1e-2,
    "weight_decay": 0.1,
    "dampening": 0.3,
    "initial": 0.1,
}


def disagrees(contestant: Contestant, work: Work) -> str | None:
    """How far a contestant is from the definition, in words; None where it agrees."""
    library = contestant.name.split("-")[0]
    peer = PEERS.get(work.peer, {}).get(library)
    values = {**TELLING, **(peer.equal_at if peer else {})}
    own = {name: value for name, value in values.items() if name in work.values}
    asked = replace(work, rule=work.rule.bind(own))
    data = Data(SHAPES, work.dtype, sets=STEPS, gradient_scale=1.0, seed=1)
    expected = _definition(asked, data)
    stepper = contestant.make(asked, data)
    before = stepper.parameters()
    for step in range(1, STEPS + 1):
        stepper.next()
        stepper.step()
        after = stepper.parameters()
        worst = _worst(before, after, expected[step - 1], TOLERANCE[work.dtype])
        before = after
        if worst > 1 and not (peer and step in peer.except_at):
            if np.isinf(worst):
                return f"another formula: step {step} is not finite"
            return f"another formula: step {step} is off by {worst:.2g} times what is allowed"
    return None


def _definition(work: Work, data: Data) -> list[list[Array]]:
    """The change of every parameter at every step, in float64."""
    parameters = [p.astype(np.float64) for p in data.parameters]
    optimizer = Optimizer(work.rule, parameters, engine="interpret")
    changes = []
    for gradients in data.gradients:
        before = [p.copy() for p in parameters]
        optimizer.step([g.astype(np.float64) for g in gradients])
        changes.append([p - old for p, old in zip(parameters, before, strict=True)])
    return changes


def _worst(before: list[Any], after: list[Any], expected: list[Array], tolerance: float) -> float:
    """The largest error of a change, in units of what is allowed."""
    largest = max(float(np.abs(change).max()) for change in expected)
    worst = 0.0
    for old, new, change in zip(before, after, expected, strict=True):
        with np.errstate(invalid="ignore"):
            error = np.abs((new - old) - change) / (tolerance * (np.abs(new) + largest))
        # A NaN is as wrong as can be.
        worst = max(worst, float(np.nan_to_num(error, nan=np.inf).max()))
    return worst
