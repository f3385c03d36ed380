"""Bit for bit: in the parameters' type the CPU engine computes what the interpreter computes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from adamas.graph.program import build, nodes
from adamas.numpy import Optimizer
from tests.helpers.cases import CASES, DTYPES
from tests.helpers.steps import assert_same_optimizer

# Sums over elements are taken in another order, and in float64: their last bit may differ.
ELEMENTWISE = {
    name: rule
    for name, rule in CASES.items()
    if not any(node.op == "reduce" for node in nodes(*build(rule).outputs.values()))
}


def test_most_cases_are_elementwise() -> None:
    assert len(ELEMENTWISE) > 0.8 * len(CASES)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_engine_and_interpreter_give_the_same_bits(name: str, dtype: str) -> None:
    rng = np.random.default_rng(0)
    shapes = {"weight": (9, 21), "bias": (40,), "scale": ()}
    start = {n: np.asarray(rng.standard_normal(s), dtype) for n, s in shapes.items()}
    compiled = Optimizer(CASES[name], {n: value.copy() for n, value in start.items()})
    interpreted = Optimizer(CASES[name], start, engine="interpret")
    for step in range(30):
        grads: dict[str, Any] = {
            n: np.asarray(rng.standard_normal(s) * 10.0 ** rng.uniform(-6, 3, s), dtype)
            for n, s in shapes.items()
        }
        if step == 7:
            grads["bias"] = None
        if step == 20:
            grads["weight"][0, :3] = (np.inf, -np.inf, np.nan)
        compiled.step(grads)
        interpreted.step(grads)
        assert_same_optimizer(compiled, interpreted)
