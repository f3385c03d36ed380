"""The schedules against torch's, and by hand."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import torch
from torch.optim import lr_scheduler

from adamas import rules, schedules
from adamas.errors import HyperparameterError
from adamas.numpy import Optimizer

PAIRS: dict[str, Any] = {
    "one_cycle": (schedules.one_cycle(100), lr_scheduler.OneCycleLR, 100,
                  {"max_lr": 1.0, "total_steps": 100}),
    "step_decay": (schedules.step_decay(7, 0.5), lr_scheduler.StepLR, 60,
                   {"step_size": 7, "gamma": 0.5}),
    "polynomial": (schedules.polynomial(40, 2.0), lr_scheduler.PolynomialLR, 60,
                   {"total_iters": 40, "power": 2.0}),
    "exponential": (schedules.exponential(0.9), lr_scheduler.ExponentialLR, 60, {"gamma": 0.9}),
    "cosine": (schedules.cosine(40), lr_scheduler.CosineAnnealingLR, 40, {"T_max": 40}),
}  # fmt: skip


@pytest.mark.parametrize("name", PAIRS)
def test_the_same_values_as_torch(name: str) -> None:
    ours, theirs, steps, options = PAIRS[name]
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = theirs(optimizer, **options)
    for step in range(1, steps):
        expected = optimizer.param_groups[0]["lr"]
        assert ours(step) == pytest.approx(expected, rel=1e-12, abs=1e-15), step
        optimizer.step()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            scheduler.step()


def test_by_hand() -> None:
    assert [schedules.inverse_sqrt(4)(step) for step in (1, 4, 16, 64)] == [1, 1, 0.5, 0.25]
    trapezoid = schedules.warmup_stable_decay(10, 0.2, 0.4)
    values = [trapezoid(step) for step in range(1, 13)]
    expected = [0.5, 1, 1, 1, 1, 1, 0.75, 0.5, 0.25, 0, 0, 0]
    assert values == pytest.approx(expected, rel=1e-12, abs=1e-15)
    stairs = schedules.piecewise(3, 0.5, 5, 0.1)
    assert [stairs(step) for step in range(1, 7)] == [1, 1, 0.5, 0.5, 0.1, 0.1]
    assert schedules.warmup_stable_decay(10, 0.0, 0.0)(5) == 1


def test_sums_and_differences() -> None:
    cycle = 0.95 - 0.1 * schedules.one_cycle(100)
    assert cycle(30) == pytest.approx(0.85)
    both = (schedules.warmup(4) + 1) * 0.5 - schedules.constant(0.25)
    assert both(2) == pytest.approx(0.5)
    for made in (cycle, both, 2 * (1 - schedules.cosine(9)), 1 - (0.5 - schedules.warmup(3))):
        again = schedules.parse(repr(made))
        assert again == made
        assert [again(step) for step in range(1, 12)] == [made(step) for step in range(1, 12)]


def test_a_schedule_on_any_hyperparameter() -> None:
    rule = rules.adam(lr=0.1, beta1=0.95 - 0.1 * schedules.one_cycle(20))
    p, q = np.ones(3), np.ones(3)
    scheduled, by_hand = Optimizer(rule, p), Optimizer(rules.adam(lr=0.1), q)
    for step in range(1, 15):
        by_hand.hyper["beta1"] = (0.95 - 0.1 * schedules.one_cycle(20))(step)
        for optimizer in (scheduled, by_hand):
            optimizer.step(np.full(3, 1.0 / step))
        np.testing.assert_array_equal(p, q)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: schedules.piecewise(3), "pairs"),
        (lambda: schedules.piecewise(5, 0.5, 3, 0.1), "steps must rise"),
        (lambda: schedules.one_cycle(10, 1.5), "rise is"),
        (lambda: schedules.exponential(1.5), "factor is"),
    ],
)
def test_bad_schedules(wrong: Any, message: str) -> None:
    with pytest.raises(HyperparameterError, match=message):
        wrong()
