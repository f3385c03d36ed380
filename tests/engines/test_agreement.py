"""The definition of agreement: what it lets pass, what it must not, and how magnitudes grow."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from adamas import floor, maximum, minimum, rules, sign, sqrt, where
from adamas.engines.agreement import ULPS, assert_agrees, largest_error, truth
from adamas.engines.magnitude import Magnitudes
from adamas.engines.work import Group, Tensor
from adamas.graph.program import build
from adamas.language.expression import Expression, input_
from adamas.language.functions import cos, exp, log, norm, sum

P, G = input_("parameter", "p"), input_("gradient", "g")
LR = input_("hyper", "lr")
EPS = float(np.finfo(np.float32).eps)


def measure(node: Expression, p: Any, g: Any = 1.0, lr: float = 0.5) -> tuple[Any, Any, Any]:
    """Value, magnitude and doubt."""
    inputs = {
        ("parameter", "p"): np.atleast_1d(np.asarray(p, np.float64)),
        ("gradient", "g"): np.atleast_1d(np.asarray(g, np.float64)),
        ("hyper", "lr"): lr,
    }
    sized = Magnitudes(inputs, np.float64)
    with np.errstate(all="ignore"):
        return sized(node), sized.magnitude(node), sized.uncertain(node)


# assert_agrees ------------------------------------------------------------------------------------


def test_within_and_beyond() -> None:
    one = np.float32([1, 1])
    assert_agrees(one, one * (1 + 8 * EPS), 1.0, dtype="float32")
    with pytest.raises(AssertionError, match=r"x: 1 of 2 elements differ; worst at \[1\]"):
        assert_agrees(one, [1.0, 1 + 9 * EPS], 1.0, dtype="float32", what="x")
    assert_agrees(one, [1.0, 1 + 9 * EPS], [1.0, 2.0], dtype="float32")
    assert_agrees(one, [1.0, 5.0], 1.0, dtype="float32", uncertain=[False, True])
    assert_agrees(one, 1 + 9 * EPS, 1.0, dtype="float32", ulps=10)
    with pytest.raises(AssertionError):
        assert_agrees(one, 1 + 9 * EPS, 1.0, dtype="float64")


def test_the_tolerances_of_the_design() -> None:
    assert ULPS == {"float64": 16, "float32": 8, "float16": 1, "bfloat16": 1}


@pytest.mark.parametrize(
    ("actual", "expected", "same"),
    [
        (np.nan, np.nan, True),
        (np.nan, 1.0, False),
        (1.0, np.nan, False),
        (np.inf, np.inf, True),
        (np.inf, -np.inf, False),
        (np.inf, 1.0, False),
        (1.0, np.inf, False),
        (np.inf, 1e39, True),  # beyond float32's range
        (-np.inf, 1e39, False),
        (0.0, 1e-39, True),  # below its smallest normal number
        (0.0, 1e-37, False),
        (0.0, -0.0, True),
    ],
)
def test_special_numbers(actual: float, expected: float, same: bool) -> None:
    def compare() -> None:
        assert_agrees(np.float32([actual]), [expected], 0.0, dtype="float32")

    if same:
        compare()
    else:
        with pytest.raises(AssertionError):
            compare()


def test_numbers_without_axes_and_empty_arrays() -> None:
    assert_agrees(1.0, 1.0, 1.0, dtype="float64")
    with pytest.raises(AssertionError, match=r"worst at \[\]"):
        assert_agrees(1.0, 2.0, 1.0, dtype="float64")
    assert_agrees(np.zeros((0, 3)), np.zeros((0, 3)), 1.0, dtype="float64")
    assert_agrees(np.float16([1]), [1 + 2.0**-10], 1.0, dtype="float16")


def test_bfloat16() -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    value = np.array([1], ml_dtypes.bfloat16)
    assert_agrees(value, [1 + 2.0**-7], 1.0, dtype=ml_dtypes.bfloat16)
    with pytest.raises(AssertionError):
        assert_agrees(value, [1 + 2.0**-6], 1.0, dtype=ml_dtypes.bfloat16)


def test_largest_error() -> None:
    assert largest_error(np.float32([1]), np.array([1 + 3 * EPS]), np.array([1.0]), "float32") == 3


# Magnitudes ---------------------------------------------------------------------------------------


def test_sums_add_sizes_and_subtractions_count_as_additions() -> None:
    for node in (P + G, P - G, -P - G, P - -G, -(P + G), abs(P - G)):
        _, size, _ = measure(node, [3.0, -3.0], [3.0, 2.0])
        assert size.tolist() == [6, 5]


def test_a_product_passes_cancellation_on() -> None:
    value, size, _ = measure((P - G) * LR, 1.0, 1.0)
    assert value == 0
    assert size == 1
    _, size, _ = measure((P - G) / LR, 1.0, 1.0)
    assert size == 4
    _, size, _ = measure(LR / (P - G), 1.5, 1.0)
    assert size == 5  # 1 / 0.5, and a divisor known to 2.5 parts in 0.5
    _, size, _ = measure(P * G, [0.0, 2.0], [0.0, 3.0])
    assert size.tolist() == [0, 6]


def test_roots_and_powers() -> None:
    value, size, _ = measure(sqrt(P - G), 2.0, 1.0)
    assert value == 1
    assert size == 2
    value, size, _ = measure(sqrt(P - G), 1.0, 1.0)
    assert size == pytest.approx(np.sqrt(2))
    assert measure((P - G) ** 2, 2.0, 1.0)[1] == 5  # 1 + 2 * (3 - 1)
    assert measure(P**2, 0.0)[1] == 0
    assert measure(2**P, 3.0)[1] == pytest.approx(8 * (1 + 3 * np.log(2)))
    assert measure(LR**P, 3.0, lr=0.0)[1] == 0


def test_the_other_operations() -> None:
    assert measure(exp(P - G), 1.0, 1.0)[1] == 3
    assert measure(cos(P), 2.0)[1] == pytest.approx(2 + abs(np.cos(2)))
    assert measure(log(P - G), 2.0, 1.0)[1] == 3
    assert measure(minimum(P - G, 1), 1.0, 1.0)[1] == 2
    assert measure(maximum(P - G, 1), 1.0, 1.0)[1] == 1
    assert measure(where(G > 0, P - G, 3), [1.0, 1.0], [1.0, -1.0])[1].tolist() == [2, 3]
    assert measure(where(LR > 0, P - G, 3), 1.0, 1.0)[1] == 2
    assert measure(sum(P), [1.0, -1.0])[1] == 2
    assert measure(norm(P - G), [2.0, 1.0], [1.0, 1.0])[1] > 1


def test_jumps_are_uncertain_near_themselves_only() -> None:
    near = 1 + EPS
    for node in (sign(P - G), where(P > G, P, G), floor(P - G)):
        doubt = measure(node, [1.0, near, 2.5, 1.0], [1.0, 1.0, 1.0, 1.0])[2]
        assert doubt.tolist() == [True, True, False, True], node
    # An exact zero has no rounding.
    assert not measure(sign(P), 0.0)[2].any()
    assert measure(sign(P - G) * 2 + P, 1.0, 1.0)[2].all()
    assert not np.any(measure(where(LR > 0.5, P, G), 1.0)[2])


def test_truth_changes_nothing() -> None:
    program = build(rules.adam)
    tensor = Tensor("x", np.ones(3, np.float32), {"m": np.ones(3), "v": np.ones(3)}, 4)
    group = Group(dict(rules.adam.values), [tensor], [np.ones(3, np.float32)])
    found = truth(program, [group], 1)[0]
    assert tensor.t == 4
    assert tensor.parameter.tolist() == [1, 1, 1]
    assert set(found.values) == {"p", "m", "v", "delta"}
    assert found.path == "x"
    assert found.values["p"][0] == pytest.approx(1 + found.values["delta"][0], rel=1e-15)
