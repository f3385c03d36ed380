"""What papers and mathematics say: schedule-free's three sequences, scale symmetries."""

from __future__ import annotations

import numpy as np
import pytest

from adamas import rules, schedules
from adamas.language.chain import Rule
from adamas.numpy import Optimizer
from tests.helpers.cases import DTYPES, ENGINES
from tests.helpers.data import copied, plain_gradients
from tests.helpers.steps import assert_same, run


def test_schedule_free_is_the_papers_three_sequences() -> None:
    # Defazio et al., equations 5 to 7, with weights lr**2 as in the authors' code.
    random = np.random.default_rng(0)
    beta, weights = 0.9, 0.0
    p = random.standard_normal(20)
    x, z = p.copy(), p.copy()
    rate = 0.3 * schedules.warmup(7)
    optimizer = Optimizer(rules.schedule_free_sgd(lr=rate, beta=beta), p)
    for step in range(1, 41):
        g = random.standard_normal(20)
        optimizer.step(g)
        z = z - rate(step) * g
        weights += rate(step) ** 2
        c = rate(step) ** 2 / weights
        x = (1 - c) * x + c * z
        np.testing.assert_allclose(p, (1 - beta) * z + beta * x, rtol=0, atol=1e-13)
        np.testing.assert_allclose(optimizer.state["z"], z, rtol=0, atol=1e-13)
        with optimizer.evaluating():
            np.testing.assert_allclose(p, x, rtol=0, atol=1e-13)


def test_schedule_free_stands_while_the_rate_is_zero() -> None:
    p = np.ones(3)
    optimizer = Optimizer(rules.schedule_free_sgd(lr=0.0), p)
    optimizer.step(np.full(3, 5.0))
    assert p.tolist() == [1, 1, 1]


def test_adopts_first_step_does_not_move() -> None:
    p = np.array([1.5, -2.0], np.float32)
    optimizer = Optimizer(rules.adopt(lr=1.0), p)
    optimizer.step(np.array([1e10, -3.0], np.float32))
    assert p.tolist() == [1.5, -2.0]
    np.testing.assert_array_equal(optimizer.state["v"], np.float32([1e10, -3.0]) ** 2)


# What happens to the steps when every gradient is c times as large. "same": nothing; "times c":
# they are c times as long. The rest have no such symmetry, and the reason stands beside them.
SCALE: dict[str, tuple[str, Rule]] = {
    "sgd": ("times c", rules.sgd),
    "momentum": ("times c", rules.momentum),
    "nesterov": ("times c", rules.nesterov),
    "adagrad": ("same", rules.adagrad(eps=0)),
    "rmsprop": ("same", rules.rmsprop(eps=0)),
    "rmsprop_centered": ("same", rules.rmsprop_centered(eps=0)),
    "rmsprop_momentum": ("same", rules.rmsprop_momentum(eps=0)),
    "adam": ("same", rules.adam(eps=0)),
    "adamw": ("same", rules.adamw(eps=0)),
    "nadam": ("same", rules.nadam(eps=0)),
    "radam": ("none: its first steps are as long as m", rules.radam(eps=0)),
    "adopt": ("same", rules.adopt(eps=0)),
    "lion": ("same", rules.lion),
    "schedule_free_sgd": ("times c", rules.schedule_free_sgd),
    "adadelta": ("none: eps sets the length of its first step", rules.adadelta),
    "adamax": ("same", rules.adamax(eps=0)),
    "amsgrad": ("same", rules.amsgrad(eps=0)),
    "adabelief": ("same", rules.adabelief(eps=0)),
    "yogi": ("same", rules.yogi(eps=0, initial=0)),
    "laprop": ("same", rules.laprop(eps=0)),
    "adan": ("same", rules.adan(eps=0)),
    "ademamix": ("same", rules.ademamix(eps=0)),
    "signsgd": ("same", rules.signsgd),
    "signum": ("same", rules.signum),
    "rprop": ("same", rules.rprop),
    "schedule_free_adamw": ("same", rules.schedule_free_adamw(eps=0)),
    "asgd": ("none: its pull towards zero stays as it is", rules.asgd(weight_decay=0.1)),
}


def test_every_rule_has_its_symmetry_stated() -> None:
    assert set(SCALE) == set(rules.BOOK)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", SCALE)
@pytest.mark.parametrize("power", [-12, 9])
def test_gradients_times_a_power_of_two(name: str, power: int, dtype: str, engine: str) -> None:
    symmetry, rule = SCALE[name]
    scale = np.asarray(2.0**power, dtype)
    # No zeros: without eps they would be divided by zero. No start but 0, so that p is the step.
    steps = [
        {key: np.asarray(value + np.asarray(0.5, dtype)) for key, value in gradient.items()}
        for gradient in plain_gradients(dtype, 8)
    ]
    scaled = [
        {key: np.asarray(value * scale) for key, value in gradient.items()} for gradient in steps
    ]
    zeros = {key: np.zeros_like(value) for key, value in steps[0].items()}
    plain = run(rule, copied(zeros), steps, engine=engine)
    other = run(rule, copied(zeros), scaled, engine=engine)
    if symmetry == "same":
        assert_same(other.params, plain.params)
    elif symmetry == "times c":
        expected = {key: np.asarray(value * scale) for key, value in plain.params.items()}
        assert_same(other.params, expected)
    else:
        assert any((other.params[key] != plain.params[key]).any() for key in zeros)
