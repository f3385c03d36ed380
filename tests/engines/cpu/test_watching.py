"""Watching: statistics of named quantities, accumulated while stepping, equal on both engines."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adamas import chain, rules
from adamas.errors import NotFoundError, OptionError, StateError
from adamas.numpy import Optimizer
from adamas.scope.histogram import BINS, count, quantile
from tests.helpers.steps import assert_same, assert_same_optimizer

ENGINES = ("cpu", "interpret")
ASKED: dict[str, Any] = {
    "m_hat": ("mean", "rms", "max"),
    "rate": ("p05", "p50", "p95"),
    "update": ("relative", "below 1e-3", "p10"),
    "mu": "value",
}


def make(engine: str, dtype: Any = np.float32, **options: Any) -> Optimizer:
    rng = np.random.default_rng(0)
    params = {"a": rng.standard_normal((30, 40)), "b": rng.standard_normal(17), "e": np.zeros(0)}
    tree = {name: value.astype(dtype) for name, value in params.items()}
    return Optimizer(rules.nadam(1e-3), tree, engine=engine, **options)


def gradients(optimizer: Optimizer, seed: int) -> Any:
    rng = np.random.default_rng(seed)
    return {n: rng.standard_normal(p.shape).astype(p.dtype) for n, p in optimizer.params.items()}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("engine", ENGINES)
def test_readings_are_what_inspect_computes(engine: str, dtype: Any) -> None:
    optimizer = make(engine, dtype)
    optimizer.watch(ASKED)
    for seed in range(3):
        grads = gradients(optimizer, seed)
        expected = {path: optimizer.inspect(grads, path) for path in ("a", "b")}
        optimizer.step(grads)
    for path, values in expected.items():
        read = {
            (q, s): by_path[path]
            for q, by in optimizer.watched.items()
            for s, by_path in by.items()
        }
        size = np.sqrt(np.mean(values["update"] ** 2)) / np.sqrt(np.mean(values["p"] ** 2))
        near = {
            ("m_hat", "mean"): values["m_hat"].mean(),
            ("m_hat", "rms"): np.sqrt(np.mean(values["m_hat"] ** 2)),
            ("m_hat", "max"): np.abs(values["m_hat"]).max(),
            ("update", "relative"): size,
            ("update", "below 1e-3"): np.mean(np.abs(values["update"]) < 1e-3),
            ("mu", "value"): values["mu"],
        }
        for key, value in near.items():
            assert read[key] == pytest.approx(value, rel=1e-5, abs=1e-7), key
        for name, share in (("p05", 0.05), ("p50", 0.5), ("p95", 0.95)):
            true = np.quantile(values["rate"], share, method="inverted_cdf")
            assert read["rate", name] == pytest.approx(true, rel=0.2), name


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("every", [1, 2, 3])
def test_watching_changes_nothing(engine: str, every: int) -> None:
    plain, watched = make(engine), make(engine)
    watched.watch(ASKED, every=every)
    for seed in range(7):
        grads = gradients(plain, seed)
        if seed == 2:
            grads["b"] = None
        if seed == 5:
            watched.watch(None)
        plain.step(grads)
        watched.step(grads)
    assert_same_optimizer(watched, plain)


@pytest.mark.parametrize("engine", ENGINES)
def test_only_tensors_that_stepped_are_read(engine: str) -> None:
    optimizer = make(engine)
    optimizer.watch({"update": ("rms", "p50")}, every=2)
    assert optimizer.watched == {}
    first = gradients(optimizer, 0)
    optimizer.step({**first, "b": None})
    readings = optimizer.watched
    assert set(readings["update"]["rms"]) == {"a", "e"}
    optimizer.step(first)
    assert optimizer.watched == readings or np.isnan(readings["update"]["rms"]["e"])


def test_a_chain_is_watched_by_full_names() -> None:
    optimizer = Optimizer(
        chain(rules.clip_global_norm(0.1), rules.adam, rules.average), [np.ones(100)]
    )
    optimizer.watch({"clip_global_norm.norm": "value", "g": "rms", "average.x": "mean"})
    optimizer.step([np.ones(100)])
    readings = optimizer.watched
    assert readings["clip_global_norm.norm"]["value"]["0"] == pytest.approx(10.0)
    assert readings["g"]["rms"]["0"] == pytest.approx(0.01)


def test_bad_requests_name_what_there_is() -> None:
    optimizer = make("cpu")
    for asked, error, message in (
        ({"m_hut": "rms"}, NotFoundError, "'m_hat'"),
        ({"m_hat": "rmz"}, OptionError, "'rms'"),
        ({"m_hat": "below much"}, OptionError, "below 1e-8"),
        ({"mu": "rms"}, OptionError, "'value'"),
    ):
        with pytest.raises(error, match=message):
            optimizer.watch(asked)
    with pytest.raises(OptionError, match="every"):
        optimizer.watch({"m_hat": "rms"}, every=0)
    with pytest.raises(StateError, match="nothing is watched"):
        _ = optimizer.watched


@given(
    st.lists(st.floats(-1e4, 1e4).filter(lambda x: x == 0 or abs(x) > 1e-12), min_size=1),
    st.integers(1, 99),
)
def test_a_quantile_of_a_histogram_lies_in_the_bin_of_the_true_one(
    values: list[float], percent: int
) -> None:
    array = np.array(values)
    counts = count(array)
    assert counts.sum() == len(values)
    assert len(counts) == BINS
    true = np.quantile(array, percent / 100, method="inverted_cdf")
    found = quantile(counts, percent / 100)
    assert found == pytest.approx(true, rel=0.25, abs=1e-13)


def test_counting_inside_the_pass_equals_counting_outside() -> None:
    """Bin by bin, for a tensor small enough to be counted whole, in both arithmetic types."""
    rng = np.random.default_rng(0)
    values = rng.standard_normal(2000) * 10.0 ** rng.uniform(-20, 6, 2000)
    values[:6] = [0.0, -0.0, np.inf, -np.inf, 1e30, -1e-30]
    for dtype in (np.float32, np.float64):
        gradient = values.astype(dtype)
        optimizer = Optimizer(rules.momentum, [np.zeros(2000, dtype)])
        optimizer.watch({"b": "p50"})
        optimizer.step([gradient])
        assert_same(optimizer._engine.watching.histograms[0, 0], count(gradient))


def test_a_sample_of_a_large_tensor_is_spread_over_all_columns() -> None:
    rng = np.random.default_rng(0)
    gradient = np.tile(np.linspace(1, 2, 256), 2000) * rng.uniform(0.99, 1.01, 512_000)
    optimizer = Optimizer(rules.momentum, [np.zeros(512_000, np.float32)])
    optimizer.watch({"b": ("p10", "p50", "p90")})
    optimizer.step([gradient.astype(np.float32)])
    for name, expected in (("p10", 1.1), ("p50", 1.5), ("p90", 1.9)):
        assert optimizer.watched["b"][name]["0"] == pytest.approx(expected, rel=0.05)
