"""Saving and loading: what is written comes back, and what does not fit changes nothing."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import adamas.numpy
from adamas import chain, count, rule, rules, schedules
from adamas.errors import HyperparameterError, StateError
from adamas.language.schedule import schedule
from adamas.numpy import Optimizer
from tests.helpers.data import gradients, parameters
from tests.helpers.steps import assert_same_optimizer, run

STEPS = gradients("float32", 5)


def trained(rule_: Any = rules.nadam) -> Optimizer:
    return run(rule_, parameters("float32"), STEPS)


def fresh(rule_: Any = rules.nadam) -> Optimizer:
    return Optimizer(rule_, parameters("float32", seed=8))


def test_the_file(tmp_path: Path) -> None:
    optimizer = trained()
    path = tmp_path / "new" / "folder" / "run.safetensors"
    adamas.numpy.save(path, optimizer)
    arrays = load_file(path)
    assert set(arrays) == {
        *(f"parameters/{name}" for name in STEPS[0]),
        *(f"slots/{slot}/{name}" for slot in "mv" for name in STEPS[0]),
    }
    np.testing.assert_array_equal(arrays["parameters/bias"], optimizer.params["bias"])
    header = path.read_bytes()
    length = int.from_bytes(header[:8], "little")
    state = json.loads(json.loads(header[8 : 8 + length])["__metadata__"]["adamas"])
    assert state["rule"]["name"] == "nadam"
    assert state["hyperparameters"]["lr"] == 2e-3
    assert state["step"] == 5
    assert set(state["scalar_slots"]["bias"]) == {"mu_product"}
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~mask


def test_hyperparameters_are_saved(tmp_path: Path) -> None:
    optimizer = trained(rules.adam(lr=0.1 * schedules.warmup(7) * schedules.cosine(100, 0.25)))
    optimizer.hyper["beta1"] = 0.123456789012345678
    optimizer.skipped = 3
    adamas.numpy.save(tmp_path / "x", optimizer)
    other = fresh(rules.adam)
    adamas.numpy.load(tmp_path / "x", other)
    assert dict(other.hyper) == dict(optimizer.hyper)
    assert other.skipped == 3
    assert_same_optimizer(other, optimizer)


@schedule
def halving(step, *, every=count(10)):
    """Half as much after every so many steps."""
    return 0.5 ** (step / every)


def test_a_schedule_of_the_authors_own_comes_back_to_who_has_it(tmp_path: Path) -> None:
    optimizer = trained(rules.adam(lr=halving(5)))
    adamas.numpy.save(tmp_path / "x", optimizer)
    other = fresh(rules.adam(lr=halving(5)))
    adamas.numpy.load(tmp_path / "x", other)
    assert_same_optimizer(other, optimizer)
    with pytest.raises(HyperparameterError, match=r"'halving\(5\)' in .* is not a number or a sch"):
        adamas.numpy.load(tmp_path / "x", fresh(rules.adam))


def test_a_failed_save_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x"
    adamas.numpy.save(path, trained())
    before = path.read_bytes()

    def fail(*_: Any) -> None:
        raise OSError("no space")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="no space"):
        adamas.numpy.save(path, trained(rules.adam))
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["x"]


def test_state_is_a_copy() -> None:
    optimizer = trained()
    state = optimizer.state_dict()
    kept = state["slots"]["bias"]["m"].copy()
    optimizer.step(STEPS[0])
    np.testing.assert_array_equal(state["slots"]["bias"]["m"], kept)
    other = fresh()
    other.load_state_dict(state)
    other.step(STEPS[0])
    np.testing.assert_array_equal(state["slots"]["bias"]["m"], kept)


def assert_refused(optimizer: Optimizer, state: Any, message: str) -> None:
    before = optimizer.state_dict()
    with pytest.raises((StateError, HyperparameterError), match=message):
        optimizer.load_state_dict(state)
    after = optimizer.state_dict()
    assert after["step"] == before["step"]
    assert after["hyperparameters"] == before["hyperparameters"]
    assert after["steps"] == before["steps"]
    for leaf, slots in before["slots"].items():
        for name, value in slots.items():
            np.testing.assert_array_equal(after["slots"][leaf][name], value)


def test_states_that_do_not_fit() -> None:
    optimizer = trained()
    state = trained().state_dict()
    assert_refused(optimizer, {}, "not the state of an adamas optimizer: 'rule' is missing")
    assert_refused(optimizer, None, "not the state of an adamas optimizer")
    assert_refused(optimizer, {**state, "format": 99}, "has format 99; this version .* reads 1")
    assert_refused(
        optimizer,
        trained(rules.adam).state_dict(),
        "written by 'adam' and this optimizer runs 'nadam', which computes something else",
    )
    assert_refused(
        optimizer,
        {**state, "hyperparameters": {**state["hyperparameters"], "lr": -1.0}},
        r"lr is the learning rate, in \[0, ∞\); got -1.0",
    )
    assert_refused(
        optimizer,
        {**state, "steps": {"weight": 1, "other": 2}},
        "missing in it: bias, scale; unknown here: other",
    )
    slots = state["slots"]
    for changed, message in [
        ({**slots["bias"], "x": np.ones(13)}, "'bias' has a slot 'x' that the rule has not"),
        ({**slots["bias"], "m": np.ones(12, "f4")}, r"the slot 'm' of 'bias' has shape \(12,\)"),
        ({**slots["bias"], "m": np.ones(13)}, "type float64; the parameter needs .* float32"),
        ({"m": slots["bias"]["m"]}, "the state of 'bias' has no slot mu_product, v"),
    ]:
        assert_refused(optimizer, {**state, "slots": {**slots, "bias": changed}}, message)


def test_files_that_do_not_fit(tmp_path: Path) -> None:
    optimizer = trained()
    path = tmp_path / "x"
    path.write_bytes(b"not a safetensors file")
    with pytest.raises(StateError, match="is not a safetensors file, or is cut off"):
        adamas.numpy.load(path, optimizer)
    save_file({"a": np.ones(2)}, path)
    with pytest.raises(StateError, match="a safetensors file that adamas did not write"):
        adamas.numpy.load(path, optimizer)
    with pytest.raises(FileNotFoundError):
        adamas.numpy.load(tmp_path / "nowhere", optimizer)
    adamas.numpy.save(path, optimizer)
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(StateError, match="cut off"):
        adamas.numpy.load(path, optimizer)
    adamas.numpy.save(path, run(rules.nadam, parameters("float64"), gradients("float64", 2)))
    before = optimizer.params["bias"].copy()
    with pytest.raises(StateError, match=r"'weight' has shape \(5, 7\) and type float64; here"):
        adamas.numpy.load(path, optimizer)
    np.testing.assert_array_equal(optimizer.params["bias"], before)


def test_not_while_evaluating(tmp_path: Path) -> None:
    optimizer = trained(chain(rules.sgd, rules.average))
    adamas.numpy.save(tmp_path / "x", optimizer)
    with optimizer.evaluating():
        with pytest.raises(StateError, match="save and load outside evaluating"):
            adamas.numpy.save(tmp_path / "y", optimizer)
        with pytest.raises(StateError, match="save and load outside evaluating"):
            adamas.numpy.load(tmp_path / "x", optimizer)


def test_a_lone_array_and_strange_keys(tmp_path: Path) -> None:
    for params in (np.ones(3), {"": np.ones(2), "ü.#": {"x y": np.ones(1)}}, [np.array(2.0)]):
        grads = params if not isinstance(params, dict) else {"": np.ones(2), "ü.#": None}
        optimizer = Optimizer(chain(rules.adam, rules.average), params)
        optimizer.step(grads)
        adamas.numpy.save(tmp_path / "x", optimizer)
        zero = Optimizer(optimizer.rule, _zeros(params))
        adamas.numpy.load(tmp_path / "x", zero)
        assert_same_optimizer(zero, optimizer)


def _zeros(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _zeros(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_zeros(value) for value in tree]
    return np.zeros_like(tree)


def test_a_slot_that_was_made_but_never_written_is_still_new() -> None:
    optimizer = Optimizer(rules.momentum(lr=1.0, dampening=0.5), np.zeros(1))
    optimizer.inspect(np.ones(1))
    other = Optimizer(rules.momentum(lr=1.0, dampening=0.5), np.zeros(1))
    other.load_state_dict(optimizer.state_dict())
    other.step(np.ones(1))
    assert other.params == -1


def test_rules_are_told_apart_by_what_they_compute() -> None:
    @rule
    def adam(p, g, m, *, lr=1.0):
        return p - lr * g, m

    with pytest.raises(StateError, match=r"written by 'adam' and .* runs 'adam', which computes"):
        fresh(adam).load_state_dict(trained(rules.adam).state_dict())
