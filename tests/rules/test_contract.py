"""Two tables, one product: every rule, setting and chain against every check, type and engine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import adamas.numpy
from adamas.graph.passes import lower
from adamas.graph.program import build, identity, nodes
from adamas.language.chain import Rule
from adamas.numpy import Optimizer
from tests.helpers.cases import CASES, DTYPES, ENGINES, without_decay
from tests.helpers.data import copied, gradients, negated, parameters, plain_gradients
from tests.helpers.steps import (
    assert_delta_agrees,
    assert_same,
    assert_same_optimizer,
    assert_step_agrees,
    run,
    slots,
)

# Case and check: why it fails. Strict: what is listed here must fail.
FAILURES: dict[tuple[str, str], str] = {
    ("adam, eps 0", "zero_gradient_stands_still"): "0 / 0: eps is what keeps the division finite",
    **{
        (case, "nonfinite_stays_in_its_element"): "the norm over all gradients becomes infinite"
        for case in ("clip_global_norm", "clip, adam, decay, average", "clip, schedule_free_sgd")
    },
    ("clip_update", "nonfinite_stays_in_its_element"): "the norm of the update becomes NaN",
    ("cautious", "nonfinite_stays_in_its_element"): "the mean over the tensor's mask changes",
    ("centralize", "nonfinite_stays_in_its_element"): "the mean of its row becomes NaN",
    ("centralize", "shape_does_not_matter"): "the shape says what a row is",
    ("cautious", "shape_does_not_matter"): "the mean is over one tensor, and two have two",
}

Check = Callable[[Rule, str, str], None]
CHECKS: dict[str, Check] = {}


def check(function: Check) -> Check:
    """Enter a function of (rule, dtype, engine) into the table of checks."""
    CHECKS[function.__name__] = function
    return function


def cells() -> list[Any]:
    """Every case with every check, marked where it is known to fail."""
    found = []
    for case in CASES:
        for name in CHECKS:
            reason = FAILURES.get((case, name))
            marks = [pytest.mark.xfail(reason=reason, strict=True)] if reason else []
            found.append(pytest.param(case, name, marks=marks, id=f"{case}-{name}"))
    return found


# Agreement ---------------------------------------------------------------------------------------


@check
def every_step_agrees_with_the_definition(rule: Rule, dtype: str, engine: str) -> None:
    # The truth is taken anew from the engine's own state before each of the steps.
    optimizer = Optimizer(rule, parameters(dtype), engine=engine)
    for gradient in gradients(dtype, 30):
        assert_step_agrees(optimizer, gradient, dtype)


@check
def delta_agrees_with_the_definition(rule: Rule, dtype: str, engine: str) -> None:
    optimizer = Optimizer(rule, parameters(dtype), engine=engine)
    for gradient in gradients(dtype, 30):
        assert_delta_agrees(optimizer, gradient, dtype)
        optimizer.step(gradient)


# Symmetries --------------------------------------------------------------------------------------


@check
def zero_gradient_stands_still(rule: Rule, dtype: str, engine: str) -> None:
    params = parameters(dtype)
    zeros = {name: np.zeros_like(value) for name, value in params.items()}
    optimizer = run(without_decay(rule), copied(params), [zeros] * 3, engine=engine)
    for name, value in params.items():
        # -0 + 0 is 0, so numbers are compared and not bits.
        np.testing.assert_array_equal(optimizer.params[name], value)


@check
def permutation_permutes(rule: Rule, dtype: str, engine: str) -> None:
    params, order = parameters(dtype), np.random.default_rng(3).permutation(35)
    steps = plain_gradients(dtype, 5)
    plain = run(rule, params["weight"].ravel(), [g["weight"].ravel() for g in steps], engine=engine)
    mixed = run(
        rule,
        parameters(dtype)["weight"].ravel()[order],
        [g["weight"].ravel()[order] for g in steps],
        engine=engine,
    )
    assert_same(mixed.params, plain.params[order])
    for name, values in slots(plain).items():
        expected = [value[order] if np.ndim(value) else value for value in values]
        assert_same(slots(mixed)[name], expected, name)


@check
def shape_does_not_matter(rule: Rule, dtype: str, engine: str) -> None:
    steps = plain_gradients(dtype, 5)
    whole = run(rule, parameters(dtype)["weight"], [g["weight"] for g in steps], engine=engine)
    flat = parameters(dtype)["weight"].ravel()
    parts = [flat[:11].copy(), flat[11:].reshape(2, 3, 4).copy()]
    run(
        rule,
        parts,
        [
            [g["weight"].ravel()[:11].copy(), g["weight"].ravel()[11:].reshape(2, 3, 4).copy()]
            for g in steps
        ],
        engine=engine,
    )
    assert_same(np.concatenate([parts[0], parts[1].ravel()]), whole.params.ravel())


@check
def negation_negates(rule: Rule, dtype: str, engine: str) -> None:
    params, steps = parameters(dtype), gradients(dtype, 9)
    plain = run(rule, copied(params), steps, engine=engine)
    negative = run(
        rule,
        negated(params),
        [negated(gradient) for gradient in steps],
        engine=engine,
    )
    for name, value in plain.params.items():
        np.testing.assert_array_equal(negative.params[name], -value)
    for name, values in slots(plain).items():
        for value, other in zip(values, slots(negative)[name], strict=True):
            np.testing.assert_array_equal(np.abs(other), np.abs(value))


# Continuing --------------------------------------------------------------------------------------


@check
def split_run_equals_whole_run(rule: Rule, dtype: str, engine: str) -> None:
    steps = gradients(dtype, 9)
    whole = run(rule, parameters(dtype), steps, engine=engine)
    first = run(rule, parameters(dtype), steps[:4], engine=engine)
    second = Optimizer(rule, copied(first.params), engine=engine)
    second.load_state_dict(first.state_dict())
    for gradient in steps[4:]:
        second.step(gradient)
    assert_same_optimizer(second, whole)


@check
def file_continues_the_run(rule: Rule, dtype: str, engine: str) -> None:
    steps = gradients(dtype, 9)
    whole = run(rule, parameters(dtype), steps, engine=engine)
    first = run(rule, parameters(dtype), steps[:4], engine=engine)
    path = Path("run.safetensors")  # in a temporary folder: see `in_a_folder_of_its_own`
    adamas.numpy.save(path, first)
    second = Optimizer(rule, parameters(dtype, seed=9), engine=engine)
    adamas.numpy.load(path, second)
    assert_same_optimizer(second, first)
    for gradient in steps[4:]:
        second.step(gradient)
    assert_same_optimizer(second, whole)


@check
def evaluating_gives_back_every_bit(rule: Rule, dtype: str, engine: str) -> None:
    optimizer = run(rule, parameters(dtype), gradients(dtype, 5), engine=engine)
    before = copied(optimizer.params)
    with optimizer.evaluating() as inside:
        assert inside is optimizer.params
        changed = any(inside[n].tobytes() != before[n].tobytes() for n in before)
        assert changed == (optimizer.program.weights is not None)
        assert {value.dtype.name for value in inside.values()} == {dtype}
    assert_same(optimizer.params, before)


# Arrays ------------------------------------------------------------------------------------------


@check
def types_and_shapes_stay(rule: Rule, dtype: str, engine: str) -> None:
    optimizer = run(rule, parameters(dtype), gradients(dtype, 2), engine=engine)
    shapes = [value.shape for value in optimizer.params.values()]
    assert {value.dtype.name for value in optimizer.params.values()} == {dtype}
    for name, values in slots(optimizer).items():
        if optimizer.program.slots[name].element:
            assert [value.shape for value in values] == shapes
            assert {value.dtype.name for value in values} == {dtype}
        else:
            assert {type(value) for value in values} == {float}


@check
def missing_gradients_stand_still(rule: Rule, dtype: str, engine: str) -> None:
    steps = plain_gradients(dtype, 4)
    optimizer = Optimizer(rule, parameters(dtype), engine=engine)
    optimizer.step({**steps[0], "bias": None})
    assert_same(optimizer.params["bias"], parameters(dtype)["bias"])
    assert all(tree["bias"] is None for tree in optimizer.state.values())
    optimizer.step(steps[1])
    still = copied(optimizer.params)
    state = {name: np.copy(tree["bias"]) for name, tree in optimizer.state.items()}
    optimizer.step({**steps[2], "bias": None})
    optimizer.step(None)
    assert_same(optimizer.params["bias"], still["bias"])
    assert_same({n: np.copy(tree["bias"]) for n, tree in optimizer.state.items()}, state)
    assert optimizer.steps == {"weight": 3, "bias": 1, "scale": 3}
    assert optimizer.step_count == 4
    # The tensor's own clock: its next step is its second, which the definition takes too.
    assert_step_agrees(optimizer, steps[3], dtype)


@check
def layout_does_not_matter(rule: Rule, dtype: str, engine: str) -> None:
    steps = [gradient["weight"] for gradient in plain_gradients(dtype, 5)]
    plain = run(rule, parameters(dtype)["weight"], steps, engine=engine)
    start = parameters(dtype)["weight"]
    wide = np.full((10, 21), 7, dtype)
    views = {
        "every second": wide[::2, ::3],
        "backwards": np.empty((5, 7), dtype)[::-1, ::-1],
        "Fortran": np.empty((5, 7), dtype, order="F"),
    }
    for name, view in views.items():
        view[...] = start
        strided = [np.asfortranarray(g) if name == "Fortran" else _spaced(g) for g in steps]
        optimizer = run(rule, view, strided, engine=engine)
        assert_same(np.ascontiguousarray(view), plain.params, name)
        for slot, values in slots(plain).items():
            for value, other in zip(values, slots(optimizer)[slot], strict=True):
                assert_same(np.asarray(other, order="C"), np.asarray(value), f"{name}, {slot}")
    assert (wide[1::2] == 7).all(), "wrote between the elements of a view"


def _spaced(gradient: Any) -> Any:
    wide = np.repeat(np.repeat(gradient, 2, 0), 2, 1)
    return wide[::2, ::2]


@check
def empty_arrays_and_numbers_work(rule: Rule, dtype: str, engine: str) -> None:
    params = {"none": np.zeros((0, 3), dtype), "one": np.array(2.0, dtype)}
    optimizer = Optimizer(rule, params, engine=engine)
    row = Optimizer(rule, [np.array([2.0], dtype)], engine=engine)
    for _ in range(3):
        optimizer.step({"none": np.zeros((0, 3), dtype), "one": np.array(0.5, dtype)})
        row.step([np.array([0.5], dtype)])
    assert params["one"].shape == ()
    assert_same(params["one"].reshape(1), row.params[0])
    only = Optimizer(rule, np.zeros(0, dtype), engine=engine)
    only.step(np.zeros(0, dtype))
    assert only.steps == 1


@check
def gradients_are_not_written(rule: Rule, dtype: str, engine: str) -> None:
    steps = gradients(dtype, 3)
    kept = [copied(gradient) for gradient in steps]
    for gradient in steps:
        for value in gradient.values():
            value.flags.writeable = False
    run(rule, parameters(dtype), steps, engine=engine)
    for gradient, before in zip(steps, kept, strict=True):
        assert_same(gradient, before)


@check
def nonfinite_stays_in_its_element(rule: Rule, dtype: str, engine: str) -> None:
    steps = [gradient["weight"] for gradient in plain_gradients(dtype, 4)]
    plain = run(rule, parameters(dtype)["weight"], steps, engine=engine)
    bad = [gradient.copy() for gradient in steps]
    bad[1][2, 3], bad[1][0, 1], bad[2][4, 6] = np.nan, np.inf, -np.inf
    touched = np.zeros((5, 7), bool)
    touched[2, 3] = touched[0, 1] = touched[4, 6] = True
    other = run(rule, parameters(dtype)["weight"], bad, engine=engine)
    assert_same(other.params[~touched], plain.params[~touched])
    for name, values in slots(plain).items():
        for value, changed in zip(values, slots(other)[name], strict=True):
            if np.ndim(value):
                assert_same(changed[~touched], value[~touched], name)
    # Signs and limits make finite what is infinite, but nothing hides NaN.
    seen = [other.params, *(v for vs in slots(other).values() for v in vs if np.ndim(v))]
    assert any(np.isnan(value[2, 3]) for value in seen)


# What the rule says of itself --------------------------------------------------------------------


@check
def program_depends_on_structure_only(rule: Rule, dtype: str, engine: str) -> None:
    other = rule.bind(dict(rule.values))
    assert build(other) is build(rule)
    assert lower(build(other)) is lower(build(rule))
    fresh = build.__wrapped__ if hasattr(build, "__wrapped__") else build
    assert identity(fresh(other)) == identity(build(rule))
    inputs = {n.value.name for n in nodes(*build(rule).roots()) if n.op == "input"}
    assert {name for name in rule.hyperparameters if name not in inputs} <= _only_starts(rule)


def _only_starts(rule: Rule) -> set[str]:
    """Hyperparameters that only say how a slot starts."""
    starts = [start.value for start in build(rule).slots.values()]
    return {n.value.name for n in nodes(*starts) if n.op == "input"}


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("case", "name"), cells())
def test_contract(case: str, name: str, dtype: str, engine: str) -> None:
    CHECKS[name](CASES[case], dtype, engine)


def test_every_expected_failure_names_a_cell() -> None:
    assert {case for case, _ in FAILURES} <= set(CASES)
    assert {name for _, name in FAILURES} <= set(CHECKS)
