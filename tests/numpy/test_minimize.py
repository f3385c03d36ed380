"""Minimizing functions in SciPy's terms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import optimize

from adamas import chain, rules, schedules
from adamas.errors import OptionError
from adamas.numpy import minimize, scipy_method


def bowl(x: Any, centre: float = 3.0) -> tuple[float, Any]:
    return float(np.sum((x - centre) ** 2) / 2), x - centre


def value(x: Any) -> float:
    return bowl(x)[0]


def slope(x: Any) -> Any:
    return bowl(x)[1]


@pytest.mark.parametrize("shape", [(), (1,), (4,), (2, 3)])
def test_a_bowl(shape: Any) -> None:
    start = np.zeros(shape)
    found = minimize(bowl, start, rules.adam(lr=0.3), steps=5000, tolerance=1e-6)
    assert found.success
    assert found.status == 0
    assert found.x.shape == shape
    np.testing.assert_allclose(found.x, 3, atol=2e-6)
    assert found.nfev == found.nit + 2  # one before the first step, one for evaluation weights
    assert not start.any(), "x0 is not changed"


def test_it_is_the_optimizer_step_by_step() -> None:
    from adamas.numpy import Optimizer

    x = np.zeros(3)
    optimizer = Optimizer(rules.nadam(0.1), x)
    for _ in range(20):
        optimizer.step(slope(x))
    found = minimize(value, np.zeros(3), rules.nadam(0.1), jac=slope, steps=20)
    np.testing.assert_array_equal(found.x, x)
    assert (found.status, found.success, found.nit) == (1, True, 20)


def test_the_best_point_is_returned() -> None:
    """With a step that is far too long the last point is worse than the start."""
    found = minimize(bowl, np.array([2.0]), rules.sgd(lr=2.5), steps=7)
    assert found.x == 2.0
    assert found.fun == 0.5


def test_running_out_of_steps_is_no_success_where_a_tolerance_was_asked_for() -> None:
    found = minimize(bowl, np.zeros(2), rules.sgd(lr=1e-3), steps=3, tolerance=1e-9)
    assert (found.status, found.success) == (1, False)


def test_a_schedule_multiplies_lr() -> None:
    plain = minimize(bowl, np.zeros(2), rules.sgd(lr=0.25), steps=5)
    halved = minimize(
        bowl, np.zeros(2), rules.sgd(lr=0.5), steps=5, schedule=schedules.constant(0.5)
    )
    np.testing.assert_array_equal(plain.x, halved.x)


def test_evaluation_weights_count() -> None:
    rule = chain(rules.sgd(lr=2.0), rules.average(0.9))
    alone = minimize(bowl, np.zeros(1), rules.sgd(lr=2.0), steps=40)
    assert minimize(bowl, np.zeros(1), rule, steps=40).fun < alone.fun


def test_values_that_are_not_finite_end_the_search() -> None:
    def cliff(x: Any) -> tuple[float, Any]:
        return (float(x[0] ** 2), 2 * x) if x[0] > 1 else (float("nan"), x)

    found = minimize(cliff, np.array([2.0]), rules.sgd(lr=0.2), steps=100)
    assert (found.status, found.success) == (2, False)
    assert found.x > 1


def test_callbacks_see_and_stop() -> None:
    seen: list[int] = []

    def stop_at_three(intermediate_result: Any) -> bool:
        seen.append(intermediate_result.nit)
        return len(seen) == 3

    def raise_at_once(intermediate_result: Any) -> None:
        raise StopIteration

    found = minimize(bowl, np.zeros(2), rules.adam, callback=stop_at_three)
    assert (found.status, found.success, seen) == (3, False, [1, 2, 3])
    assert minimize(bowl, np.zeros(2), rules.adam, callback=raise_at_once).nit == 1


def test_scipy_takes_it_as_a_method() -> None:
    method = scipy_method(rules.adam(lr=0.3))
    found = optimize.minimize(
        bowl, np.zeros(3), args=(5.0,), jac=True, method=method, tol=1e-6, options={"steps": 5000}
    )
    np.testing.assert_allclose(found.x, 5, atol=2e-6)
    assert found.success
    other = optimize.minimize(value, np.zeros(3), jac=slope, method=method, tol=1e-6)
    np.testing.assert_allclose(other.x, 3, atol=2e-6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"jac": True, "bounds": [(0, 1)] * 2}, "know no bounds"),
        ({"jac": None}, "need the gradient"),
        ({"jac": True, "options": {"speed": 3}}, "unknown options: speed"),
    ],
)
def test_what_scipy_asks_for_and_rules_cannot_do(options: Any, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        optimize.minimize(bowl, np.zeros(2), method=scipy_method(rules.adam), **options)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"steps": 0}, "whole number of at least 1"),
        ({"jac": None}, "Rules need the gradient"),
        ({"fun": value}, "tuple of value and gradient"),
        ({"fun": lambda x: (0.0, np.zeros(5))}, r"shape \(5,\); x0 has \(2,\)"),
    ],
)
def test_bad_arguments(arguments: Any, message: str) -> None:
    given: Any = {"fun": bowl, "x0": np.zeros(2), "rule": rules.adam, **arguments}
    with pytest.raises(OptionError, match=message):
        minimize(given.pop("fun"), given.pop("x0"), given.pop("rule"), **given)
