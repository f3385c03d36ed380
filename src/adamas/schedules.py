"""The schedules: functions of `step`, the number of calls of `optimizer.step()`, 1 at the first."""

from __future__ import annotations

from collections.abc import Callable

from adamas.language.declare import count, fraction, nonnegative
from adamas.language.functions import cos, minimum
from adamas.language.schedule import Schedule as Schedule
from adamas.language.schedule import parse as parse
from adamas.language.schedule import schedule as schedule

PI = 3.141592653589793


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
    progress = minimum((step - 1) / steps, 1)
    return final + (1 - final) * (1 + cos(PI * progress)) / 2


SCHEDULES: dict[str, Callable[..., Schedule]] = {
    "constant": constant,
    "warmup": warmup,
    "cosine": cosine,
}
