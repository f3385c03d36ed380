"""The NumPy front end: bad input names the leaf and changes nothing; clocks, overrides, text."""

from __future__ import annotations

import re
from collections import OrderedDict
from typing import Any, NamedTuple

import numpy as np
import pytest

from adamas import chain, learning_rate, rule, rules, schedules
from adamas.errors import (
    HyperparameterError,
    NonFiniteError,
    NotFoundError,
    OptionError,
    StateError,
    TreeError,
)
from adamas.numpy import Optimizer, paths
from tests.helpers.cases import CASES, ENGINES
from tests.helpers.data import copied, gradients, parameters
from tests.helpers.steps import assert_same, assert_same_optimizer

ONE = np.ones(3)


class Layer(NamedTuple):
    """A layer as some write it."""

    weight: Any
    bias: Any


def nested() -> Any:
    return {
        "layers": [Layer(np.ones((2, 3)), np.ones(3)), Layer(np.ones((3, 1)), np.ones(1))],
        "scale": (np.array(1.0), np.ones(2)),
    }


# Parameters ---------------------------------------------------------------------------------------


def read_only() -> Any:
    array = np.ones(2)
    array.flags.writeable = False
    return array


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ([1.0], r"params, '0': a NumPy array is needed; got float. Use numpy.asarray\("),
        ({"a": "x"}, "params, 'a': a NumPy array is needed; got str"),
        ({"a": None}, "params, 'a': a NumPy array is needed; got NoneType"),
        (3.0, "params, the array: a NumPy array is needed; got float"),
        (np.ones(2, int), "the array: .* is needed; got int64. Use array.astype"),
        ([np.ones(2), np.ones(2, np.longdouble)], "'1': .* is needed; got float128"),
        (np.ones(2, complex), "got complex128"),
        (np.ones(2, ">f8"), "got >f8"),
        (read_only(), "the array is read-only and cannot be updated in place. Give a copy"),
        ([], "params holds no arrays"),
        ({"a": [], "b": {}}, "params holds no arrays"),
        ({"a/b": np.ones(1), "a": {"b": np.ones(1)}}, "two leaves with the path 'a/b'"),
        ({1: np.ones(1), "1": np.ones(1)}, "two leaves with the path '1'"),
    ],
)
def test_parameters_that_cannot_be_stepped(params: Any, message: str) -> None:
    with pytest.raises(TreeError, match=message):
        Optimizer(rules.sgd, params)


def test_parameters_that_share_memory() -> None:
    base = np.zeros((4, 4))
    with pytest.raises(TreeError, match="params, 'a' and 'b' share memory, and would be stepped"):
        Optimizer(rules.sgd, {"a": base[:3], "b": base[2:]})
    with pytest.raises(TreeError, match="share memory"):
        Optimizer(rules.sgd, [base, base])
    Optimizer(rules.sgd, {"a": base[:, ::2], "b": base[:, 1::2]})  # side by side is fine
    wide = np.lib.stride_tricks.as_strided(np.ones(1), (3,), (0,))
    with pytest.raises(TreeError, match="several of its elements share one place in memory"):
        Optimizer(rules.sgd, wide)


# Gradients ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("grads", "message"),
    [
        ({"a": ONE}, r"grads, the array: 'b' is missing. Give None for a parameter"),
        ({"a": ONE, "c": ONE, "b": {"x": ONE}}, "the parameters have no 'c' here. There are: a, b"),
        ({"a": ONE, "b": {"y": ONE}}, "grads, 'b': the parameters have no 'y' here. There is: x."),
        ({"a": ONE, "b": ONE}, "grads, 'b': the parameters have 1 entry here; got ndarray"),
        ({"a": [ONE], "b": {"x": ONE}}, r"'a': an array \(or None\) is needed; got list"),
        ([ONE, ONE], "grads, the array: the parameters have no '0' here"),
        ({"a": np.ones(4), "b": {"x": ONE}}, r"'a': the parameter has shape \(3,\); .*\(4,\)"),
        ({"a": ONE, "b": {"x": np.float32([1, 2, 3])}}, r"'b/x': the parameter is float64; got a"),
        ({"a": ONE, "b": {"x": 1.0}}, "'b/x': a NumPy array or None is needed; got float"),
        ({"a": ONE, "b": {"x": [1.0, 2, 3]}}, r"'b/x': an array \(or None\) is needed; got list"),
        (3, "grads, the array: the parameters have 2 entries here; got int"),
    ],
)
@pytest.mark.parametrize("engine", ENGINES)
def test_gradients_that_do_not_fit(engine: str, grads: Any, message: str) -> None:
    optimizer = Optimizer(rules.adam, {"a": ONE.copy(), "b": {"x": ONE.copy()}}, engine=engine)
    optimizer.step({"a": ONE, "b": None})
    before, state = copied_tree(optimizer.params), optimizer.state_dict()
    with pytest.raises(TreeError, match=message):
        optimizer.step(grads)
    assert_same(optimizer.params, before)
    assert_same(optimizer.state_dict()["slots"], state["slots"])
    assert optimizer.step_count == 1
    optimizer.step({"a": ONE, "b": {"x": ONE}})
    assert optimizer.steps == {"a": 2, "b": {"x": 1}}


def copied_tree(tree: Any) -> Any:
    return {"a": tree["a"].copy(), "b": {"x": tree["b"]["x"].copy()}}


@pytest.mark.parametrize("engine", ENGINES)
def test_any_nesting(engine: str) -> None:
    params = nested()
    optimizer = Optimizer(rules.momentum(lr=1.0), params, engine=engine)
    assert paths(params) == optimizer.paths
    assert optimizer.paths == [
        "layers/0/weight",
        "layers/0/bias",
        "layers/1/weight",
        "layers/1/bias",
        "scale/0",
        "scale/1",
    ]
    optimizer.step(nested())
    assert all((leaf == 0).all() for layer in params["layers"] for leaf in layer)
    state = optimizer.state["b"]
    assert isinstance(state["layers"][0], Layer)
    assert isinstance(state["scale"], tuple)
    assert isinstance(state["layers"], list)
    assert state["layers"][1].weight.shape == (3, 1)
    # Other containers of the same keys, in another order, and None for a whole branch.
    optimizer.step(OrderedDict(scale=[np.array(1.0), np.ones(2)], layers=None))
    assert params["scale"][1].tolist() == [-1.9, -1.9]
    assert optimizer.steps["layers"][0] == Layer(1, 1)
    assert optimizer.steps["scale"] == (2, 2)


# Values that are not finite -----------------------------------------------------------------------


@pytest.mark.parametrize("case", ["adam", "five pieces", "clip, adam, decay, average"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("engine", ENGINES)
def test_raise_and_skip_change_nothing(case: str, bad: float, engine: str) -> None:
    steps = gradients("float32", 4)
    wrong = copied(steps[1])
    wrong["bias"][[2, 5]] = bad
    plain = Optimizer(CASES[case], parameters("float32"), engine=engine)
    raising = Optimizer(CASES[case], parameters("float32"), on_nonfinite="raise", engine=engine)
    skipping = Optimizer(CASES[case], parameters("float32"), on_nonfinite="skip", engine=engine)
    for gradient in steps:
        plain.step(gradient)
        raising.step(gradient)
        skipping.step(gradient)
        with pytest.raises(NonFiniteError, match=r"gradient of 'bias' holds 2 .* of 13; nothing"):
            raising.step(wrong)
        skipping.step(wrong)
    assert_same_optimizer(raising, plain)
    assert_same_optimizer(skipping, plain)
    assert (raising.skipped, skipping.skipped) == (0, 4)


# Hyperparameters ----------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
def test_hyper_can_be_set_between_steps(engine: str) -> None:
    p = np.zeros(2)
    optimizer = Optimizer(rules.sgd(lr=1.0), p, engine=engine)
    optimizer.step(np.ones(2))
    optimizer.hyper["lr"] = 0.5
    optimizer.step(np.ones(2))
    assert p.tolist() == [-1.5, -1.5]
    optimizer.hyper["lr"] = schedules.constant(0.25)
    optimizer.step(np.ones(2))
    assert p.tolist() == [-1.75, -1.75]
    optimizer.hyper.update(lr=2)
    optimizer.step(np.ones(2))
    assert p.tolist() == [-3.75, -3.75]
    assert dict(optimizer.hyper) == {"lr": 2.0}
    assert repr(optimizer.hyper) == "{'lr': 2.0}"
    assert optimizer.rule.values["lr"] == 1.0


def test_hyper_refuses() -> None:
    optimizer = Optimizer(chain(rules.clip_value, rules.adam), np.zeros(2))
    with pytest.raises(HyperparameterError, match=r"adam\) has no hyperparameter 'betal'. Did you"):
        optimizer.hyper["betal"] = 0.5
    with pytest.raises(HyperparameterError, match="has no hyperparameter 'limit'"):
        _ = optimizer.hyper["limit"]
    with pytest.raises(HyperparameterError, match=r"in \[0, 1\); got 1.0"):
        optimizer.hyper["beta1"] = 1.0
    with pytest.raises(HyperparameterError, match="cannot be removed"):
        del optimizer.hyper["lr"]
    assert len(optimizer.hyper) == 5


@pytest.mark.parametrize("engine", ENGINES)
def test_overrides(engine: str) -> None:
    params = nested()
    optimizer = Optimizer(
        rules.sgd(lr=1.0),
        params,
        overrides={
            "*/bias": {"lr": 0.0},
            "layers/1/*": {"lr": schedules.warmup(2)},
            "scale/0": {"lr": np.array(3.0)},
        },
        engine=engine,
    )
    optimizer.step(nested())
    optimizer.hyper["lr"] = 2.0
    optimizer.step(nested())
    assert params["layers"][0].weight[0, 0] == -2
    assert params["layers"][0].bias[0] == 1
    assert params["layers"][1].weight[0, 0] == -0.5
    assert params["layers"][1].bias[0] == -0.5  # the later pattern wins
    assert params["scale"][0] == -5


def test_overrides_refuse() -> None:
    for overrides, error, message in [
        ({"*/bia": {"lr": 0.0}}, TreeError, r"'\*/bia'\] matches no parameter"),
        ({"*": {"rl": 0.0}}, HyperparameterError, "no hyperparameter 'rl'. Did you mean 'lr'"),
        ({"*": {"lr": -1.0}}, HyperparameterError, r"in \[0, ∞\); got -1.0"),
        ({"*": 0.0}, HyperparameterError, r"overrides\['\*'\]: a dict of hyperparameters"),
    ]:
        with pytest.raises(error, match=message):
            Optimizer(rules.sgd, nested(), overrides=overrides)


def test_options() -> None:
    with pytest.raises(OptionError, match=r"engine is one of .*'interpret'.*; got 'gpu'"):
        Optimizer(rules.sgd, np.zeros(2), engine="gpu")
    with pytest.raises(OptionError, match="on_nonfinite is one of 'propagate', 'raise', 'skip'"):
        Optimizer(rules.sgd, np.zeros(2), on_nonfinite="ignore")
    with pytest.raises(OptionError, match="a rule is needed"):
        Optimizer("adam", np.zeros(2))


# Looking ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
def test_inspect_shows_the_next_step_and_takes_none(engine: str) -> None:
    case = CASES["clip, adam, decay, average"]
    steps = gradients("float64", 3)
    optimizer = Optimizer(case, parameters("float64"), engine=engine)
    other = Optimizer(case, parameters("float64"), engine=engine)
    for gradient in steps:
        seen = optimizer.inspect(gradient, "weight")
        before = optimizer.params["weight"].copy()
        optimizer.step(gradient)
        other.step(gradient)
        np.testing.assert_allclose(seen["p"], optimizer.params["weight"], rtol=1e-12)
        np.testing.assert_allclose(seen["m"], optimizer.state["m"]["weight"], rtol=1e-12)
        np.testing.assert_allclose(
            seen["update"], optimizer.params["weight"] - before, rtol=1e-6, atol=1e-12
        )
        assert {"gradient", "g", "m_hat", "v_hat", "rate"} <= set(seen)
        assert np.abs(seen["g"]).max() <= 1
    assert_same_optimizer(optimizer, other)
    numbers = optimizer.inspect(steps[0], "weight", (2, 3))
    assert all(type(value) is float for value in numbers.values())
    assert optimizer.inspect({**steps[0], "weight": None}, "weight") == {}
    with pytest.raises(NotFoundError, match=r"no parameter 'wieght'\. Did you mean 'weight'"):
        optimizer.inspect(steps[0], "wieght")
    assert "g" in Optimizer(rules.sgd, np.zeros(2)).inspect(np.ones(2))


def test_text() -> None:
    optimizer = Optimizer(
        rules.adam(lr=3e-4 * schedules.warmup(10)),
        {"w": np.zeros((100, 50), np.float32), "b": np.zeros(50)},
        overrides={"b": {"eps": 0.0}},
    )
    optimizer.step(None)
    text = repr(optimizer)
    assert re.match(r"Optimizer\(adam, engine='\w+'\)\n", text)
    for part in (
        "lr=0.0003 * warmup(10), beta1=0.9, beta2=0.999, eps=1e-08",
        "2 tensors, 5,050 elements, float32, float64, 20.4 kB",
        "m, v (40.8 kB)",
        "steps            1",
        "overrides        on 1 tensor",
    ):
        assert part in text, text


# Evaluation weights -------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
def test_evaluating(engine: str) -> None:
    p = np.ones(2)
    optimizer = Optimizer(rules.schedule_free_sgd(lr=0.5), p, engine=engine)
    with optimizer.evaluating():
        assert p.tolist() == [1, 1]  # before the first step they are p
    optimizer.step(np.ones(2))
    optimizer.step(np.ones(2))
    before = p.copy()
    with optimizer.evaluating():
        assert p.tolist() != before.tolist()
        with pytest.raises(StateError, match="step outside evaluating"):
            optimizer.step(np.ones(2))
        with pytest.raises(StateError, match="active already"), optimizer.evaluating():
            pass
    assert_same(p, before)
    with pytest.raises(KeyError), optimizer.evaluating():
        raise KeyError
    assert_same(p, before)
    optimizer.step(np.ones(2))
    assert optimizer.step_count == 3


def test_one_tensor_of_several_has_weights() -> None:
    params = [np.ones(1), np.ones(1)]
    optimizer = Optimizer(chain(rules.sgd(lr=1.0), rules.average(decay=0.5)), params)
    optimizer.step([np.ones(1), None])
    with optimizer.evaluating():
        assert [value.item() for value in params] == [0.5, 1]
    assert [value.item() for value in params] == [0, 1]


# A rule of one's own ------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
def test_a_rule_of_ones_own(engine: str) -> None:
    @rule
    def heavy(p, g, b, *, lr=learning_rate(0.1), momentum=0.5):
        b = momentum * b + g
        p = p - lr * b
        return p, b

    p = np.zeros(3)
    optimizer = Optimizer(heavy, p, engine=engine)
    optimizer.step(np.ones(3))
    optimizer.step(np.ones(3))
    np.testing.assert_allclose(p, -0.25)
