"""Why every p is p + delta: the measured claims of the design, in float32."""

from __future__ import annotations

import numpy as np
import pytest

from adamas import chain, rules
from adamas.engines.interpret import evaluators_for
from adamas.language.chain import Rule
from adamas.numpy import Optimizer
from tests.helpers.steps import groups_of, truths


def test_p_new_minus_p_loses_what_delta_keeps() -> None:
    # Adam, p = 30, lr = 1e-5: taken as p_new - p the update is off by several percent.
    random = np.random.default_rng(0)
    p = np.full(1000, 30.0, np.float32)
    optimizer = Optimizer(rules.adam(lr=1e-5), p)
    worst = 0.0
    for _ in range(3):
        g = random.uniform(0.5, 1, 1000).astype(np.float32)
        exact = truths(optimizer, g, "float32")[0].values["delta"]
        evaluate = evaluators_for(
            optimizer.program, groups_of(optimizer, g), optimizer.step_count + 1
        )
        delta = evaluate[0](optimizer.program.outputs["delta"])
        before = p.copy()
        optimizer.step(g)
        worst = max(worst, np.abs((p - before).astype(np.float64) / exact - 1).max())
        assert np.abs(delta / exact - 1).max() < 5e-7
    assert worst > 0.04


@pytest.mark.parametrize(
    "rule",
    [
        rules.adamw(lr=1e-6, weight_decay=1e-2),
        chain(rules.adam(lr=1e-6), rules.weight_decay(weight_decay=1e-2)),
        chain(rules.sgd(lr=1e-6), rules.weight_decay(weight_decay=1e-2)),
    ],
)
def test_delta_keeps_a_small_decay(rule: Rule) -> None:
    # lr * weight_decay = 1e-8 is less than half a unit in the last place of 1: p * (1 - 1e-8) is p.
    assert np.float32(1) - np.float32(1e-8) == 1
    p = np.array([1e-3], np.float32)
    g = np.array([0.0], np.float32)
    optimizer = Optimizer(rule, p)
    exact = truths(optimizer, g, "float32")[0].values["delta"]
    assert exact == pytest.approx(-1e-11, rel=1e-12)
    delta = evaluators_for(optimizer.program, groups_of(optimizer, g), 1)[0](
        optimizer.program.outputs["delta"]
    )
    assert delta == pytest.approx(-1e-11, rel=1e-6)


def test_adamw_decays_where_torchs_does_not() -> None:
    # In place a decay of 1e-8 of p is less than p's own rounding. Added to the step before anything
    # is rounded it still moves the mean of many elements by what it should; torch multiplies p by
    # 1 - 1e-8, which is 1.
    torch = pytest.importorskip("torch")
    random = np.random.default_rng(0)
    start = (1 + random.random(20_000)).astype(np.float32)
    steps = random.standard_normal((20, start.size)).astype(np.float32)
    ours, theirs = {}, {}
    for decay in (0.0, 1e-2):
        p = start.copy()
        tensor = torch.tensor(start, requires_grad=True)
        optimizer = Optimizer(rules.adamw(lr=1e-6, weight_decay=decay), p)
        other = torch.optim.AdamW([tensor], lr=1e-6, weight_decay=decay, foreach=False)
        for g in steps:
            optimizer.step(g)
            tensor.grad = torch.tensor(g)
            other.step()
        ours[decay] = p.astype(np.float64)
        theirs[decay] = tensor.detach().numpy().astype(np.float64)
    expected = -20 * 1e-8 * np.mean(start)
    assert np.mean(ours[1e-2] - ours[0.0]) == pytest.approx(expected, rel=0.15)
    np.testing.assert_array_equal(theirs[1e-2], theirs[0.0])
