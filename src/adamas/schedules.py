"""The schedules: functions of `step`, the number of calls of `optimizer.step()`, 1 at the first.

Each gives a factor that is 1 at its highest, to be multiplied with a number:
`3e-4 * warmup(100) * cosine(10_000)`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

from adamas.errors import HyperparameterError
from adamas.language.declare import between, count, fraction, nonnegative, positive
from adamas.language.expression import Expression, lift
from adamas.language.functions import cos, floor, minimum, sqrt, where
from adamas.language.schedule import STEP, written
from adamas.language.schedule import Schedule as Schedule
from adamas.language.schedule import parse as parse
from adamas.language.schedule import schedule as schedule


def _half_cosine(progress: Expression, start: float, end: float) -> Expression:
    """From `start` to `end` as progress goes from 0 to 1, level at both ends."""
    return end + (start - end) * (1 + cos(math.pi * progress)) / 2


@schedule
def constant(step, *, value=nonnegative(1.0, "the value")):
    """The same value at every step."""
    return value


@schedule
def warmup(step, *, steps=count(1000, "the length of the warm-up in steps")):
    """Rise linearly from 1/steps at the first step to 1, and stay there."""
    return minimum(step / steps, 1)


@schedule
def cosine(
    step,
    *,
    steps=count(10_000, "the length in steps"),
    final=fraction(0.0, "the value after the last step"),
):
    """Fall from 1 along half a cosine to `final`, and stay there.

    The first step has the full value, as in torch's CosineAnnealingLR and optax's
    cosine_decay_schedule.

    Reference: Loshchilov & Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts",
    ICLR 2017.
    """
    return _half_cosine(minimum((step - 1) / steps, 1), 1, final)


@schedule
def polynomial(
    step,
    *,
    steps=count(10_000, "the length in steps"),
    power=positive(1.0, "1 is a straight line, more falls early"),
    final=fraction(0.0, "the value after the last step"),
):
    """Fall from 1 as (1 - progress)**power to `final`, and stay there."""
    return final + (1 - final) * (1 - minimum((step - 1) / steps, 1)) ** power


@schedule
def exponential(step, *, factor=fraction(0.999, "what is left after each step")):
    """Multiply by `factor` after every step."""
    return factor ** (step - 1)


@schedule
def step_decay(
    step,
    *,
    every=count(1000, "the length of a stair in steps"),
    factor=fraction(0.1, "what is left after each stair"),
):
    """Multiply by `factor` after every `every` steps, as torch's StepLR."""
    return factor ** floor((step - 1) / every)


@schedule
def inverse_sqrt(step, *, steps=count(1000, "the number of steps at 1")):
    """1 for `steps` steps, then sqrt(steps / step). With warmup(steps) it is the Transformer's.

    Reference: Vaswani et al., "Attention Is All You Need", NeurIPS 2017, equation 3.
    """
    return minimum(sqrt(steps / step), 1)


@schedule
def one_cycle(
    step,
    *,
    steps=count(10_000, "the length in steps"),
    rise=between(0.3, 0.0, 1.0, "the part in which it rises", low_open=True, high_open=True),
    start=fraction(0.04, "the value at the first step"),
    final=fraction(4e-6, "the value at the last step"),
):
    """Rise along half a cosine from `start` to 1, then fall along another to `final`.

    The same values as torch's OneCycleLR with its defaults. To cycle a decay rate the other way
    round, subtract: `0.95 - 0.1 * one_cycle(steps)`.

    Reference: Smith & Topin, "Super-Convergence: Very Fast Training of Neural Networks Using Large
    Learning Rates", 2018.
    """
    top = rise * steps - 1
    last = steps - 1
    up = _half_cosine(minimum((step - 1) / top, 1), start, 1)
    down = _half_cosine(minimum((step - 1 - top) / (last - top), 1), 1, final)
    return where(step - 1 <= top, up, down)


@schedule
def warmup_stable_decay(
    step,
    *,
    steps=count(10_000, "the length in steps"),
    rise=between(0.02, 0.0, 1.0, "the part in which it rises", high_open=True),
    fall=between(0.2, 0.0, 1.0, "the part in which it falls", high_open=True),
    final=fraction(0.0, "the value after the last step"),
):
    """Rise linearly to 1, stay there, and fall linearly to `final` at the end.

    Reference: Hu et al., "MiniCPM: Unveiling the Potential of Small Language Models", 2024.
    """
    up = where(step < rise * steps, step / (rise * steps), 1)
    left = (steps - step) / (fall * steps)
    down = where(left < 1, final + (1 - final) * left, 1)
    return where(step < steps, minimum(up, down), final)


def piecewise(*pairs: float) -> Schedule:
    """1 at first, then another value from some step on: piecewise(1000, 0.1, 2000, 0.01).

    Pairs of a step, in rising order, and the value from that step on.
    """
    if not pairs or len(pairs) % 2:
        raise HyperparameterError(
            f"piecewise takes pairs of a step and the value from then on; got {len(pairs)} numbers."
        )
    steps, values = pairs[0::2], pairs[1::2]
    if any(a >= b for a, b in itertools.pairwise(steps)):
        raise HyperparameterError(f"piecewise: steps must rise; got {', '.join(map(str, steps))}.")
    expression = lift(1.0)
    for step, value in zip(steps, values, strict=True):
        expression = where(STEP >= step, value, expression)  # noqa: SIM300
    return Schedule(expression, f"piecewise({', '.join(written(float(n)) for n in pairs)})")


SCHEDULES: dict[str, Callable[..., Schedule]] = {
    "constant": constant,
    "warmup": warmup,
    "cosine": cosine,
    "polynomial": polynomial,
    "exponential": exponential,
    "step_decay": step_decay,
    "inverse_sqrt": inverse_sqrt,
    "one_cycle": one_cycle,
    "warmup_stable_decay": warmup_stable_decay,
    "piecewise": piecewise,
}
