"""Properties over any tree, any history of gradients, any hyperparameters (hypothesis)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from adamas import rules, schedules
from adamas.numpy import Optimizer, paths
from adamas.numpy.tree import flattener, leaves, match, rebuild
from tests.helpers.cases import CASES, ENGINES
from tests.helpers.steps import assert_same, assert_same_optimizer, assert_step_agrees

LEAVES = st.integers(0, 9)
KEYS = st.text("abcxyz_.", min_size=1, max_size=3)
TREES = st.recursive(
    LEAVES,
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(KEYS, below, max_size=3)
        | st.tuples(below, below)
    ),
    max_leaves=8,
)
SIZES = st.one_of(st.just(0.0), st.floats(1e-12, 1e3), st.floats(-1e3, -1e-12))


@given(TREES)
def test_trees_are_taken_apart_and_rebuilt(tree: Any) -> None:
    values = [value for _, value in leaves(tree)]
    assert rebuild(tree, values) == tree
    assert len(paths(tree)) == len(values)
    assert match(tree, tree, paths(tree), "tree") == values
    assert match(tree, None, paths(tree), "tree") == [None] * len(values)
    quick = flattener(tree)(tree)
    assert quick is not None
    assert list(quick) == values


@given(TREES, TREES)
def test_the_quick_way_never_takes_another_nesting(tree: Any, other: Any) -> None:
    quick = flattener(tree)(other)
    if quick is not None and not any(isinstance(v, (list, dict, tuple)) for v in quick):
        assert list(quick) == match(tree, other, paths(tree), "tree")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("case", CASES)
@settings(max_examples=6)  # for each of many cases
@given(data=st.data())
def test_any_history_agrees_with_the_definition(
    case: str, engine: str, data: st.DataObject
) -> None:
    dtype = data.draw(st.sampled_from(["float32", "float64"]))
    shape = data.draw(arrays.array_shapes(min_dims=0, max_dims=2, max_side=20))
    values = arrays.arrays(np.float32, shape, elements=SIZES.map(np.float32).map(float))
    params = [np.asarray(data.draw(values), dtype), np.asarray(data.draw(values), dtype)]
    optimizer = Optimizer(CASES[case], params, engine=engine)
    for _ in range(data.draw(st.integers(1, 3))):
        grads = [np.asarray(data.draw(values), dtype), data.draw(st.none() | values)]
        grads[1] = None if grads[1] is None else np.asarray(grads[1], dtype)
        assert_step_agrees(optimizer, grads, dtype)


@pytest.mark.parametrize("engine", ENGINES)
@given(
    lr=st.floats(0, 1),
    beta1=st.floats(0, 1, exclude_max=True),
    beta2=st.floats(0, 1, exclude_max=True),
    eps=st.floats(1e-12, 1),
    pull=st.floats(0, 1),
    steps=st.integers(1, 4),
)
def test_any_hyperparameters_agree_with_the_definition(
    engine: str, lr: float, beta1: float, beta2: float, eps: float, pull: float, steps: int
) -> None:
    random = np.random.default_rng(0)
    rule = rules.adamw(lr=lr, beta1=beta1, beta2=beta2, eps=eps, weight_decay=pull)
    optimizer = Optimizer(rule, random.standard_normal(20).astype("float32"), engine=engine)
    for _ in range(steps):
        assert_step_agrees(optimizer, random.standard_normal(20).astype("float32"), "float32")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("case", ["adam", "momentum, dampened", "five pieces", "nadam"])
@given(
    present=st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=6),
    cut=st.integers(0, 6),
)
def test_any_split_of_any_history_continues(
    case: str, engine: str, present: list[tuple[bool, bool]], cut: int
) -> None:
    random = np.random.default_rng(len(present))
    start = [random.standard_normal(3), random.standard_normal((2, 2))]
    steps = [
        [random.standard_normal(x.shape) if on else None for x, on in zip(start, both, strict=True)]
        for both in present
    ]
    whole = Optimizer(CASES[case], [x.copy() for x in start], engine=engine)
    first = Optimizer(CASES[case], [x.copy() for x in start], engine=engine)
    for grads in steps:
        whole.step(grads)
    for grads in steps[:cut]:
        first.step(grads)
    second = Optimizer(CASES[case], [x.copy() for x in first.params], engine=engine)
    second.load_state_dict(first.state_dict())
    for grads in steps[cut:]:
        second.step(grads)
    assert_same_optimizer(second, whole)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("case", CASES)
@settings(max_examples=6)
@given(seed=st.integers(0, 1000), size=st.integers(1, 40))
def test_any_permutation_permutes(case: str, engine: str, seed: int, size: int) -> None:
    random = np.random.default_rng(seed)
    order = random.permutation(size)
    p = random.standard_normal(size)
    g = random.integers(-9, 9, size).astype(float)
    plain, mixed = p.copy(), p[order]
    for params, grads in ((plain, g), (mixed, g[order])):
        optimizer = Optimizer(CASES[case], params, engine=engine)
        optimizer.step(grads)
        optimizer.step(grads)
    assert_same(mixed, plain[order])


@given(
    steps=st.integers(1, 10**6),
    final=st.floats(0, 1),
    step=st.integers(1, 2 * 10**6),
    factor=st.floats(0, 10),
)
def test_schedules_stay_in_their_range(steps: int, final: float, step: int, factor: float) -> None:
    curve = schedules.cosine(steps, final)
    assert final - 1e-15 <= curve(step) <= 1 + 1e-15
    assert curve(step + 1) <= curve(step) + 1e-15
    assert 0 < schedules.warmup(steps)(step) <= schedules.warmup(steps)(step + 1) <= 1
    product = factor * schedules.warmup(steps) * curve
    assert product(step) == factor * schedules.warmup(steps)(step) * curve(step)
    assert schedules.parse(repr(product)) == product
    assert schedules.parse(repr(product))(step) == product(step)
