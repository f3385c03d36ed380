"""torch.optim in float64 takes the same steps, to 1e-12 of the terms that were added.

Not compared, because the formula is another one: rmsprop_centered with eps (torch adds it outside
the root; compared with eps = 0), radam with eps (torch's is not corrected; compared with eps = 0)
and where 4 < rho <= 5 (torch does not rectify there, the paper does).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from adamas import chain, rules
from adamas.engines.agreement import assert_agrees
from adamas.language.chain import Rule
from adamas.numpy import Optimizer
from tests.helpers.data import gradients, parameters

torch = pytest.importorskip("torch")

EPS = float(np.finfo(np.float64).eps)
STEPS = 40

# Case: our rule, torch's class, its arguments.
SAME: dict[str, tuple[Rule, str, dict[str, Any]]] = {
    "sgd": (rules.sgd(lr=0.1), "SGD", {"lr": 0.1}),
    "momentum": (rules.momentum(lr=0.1), "SGD", {"lr": 0.1, "momentum": 0.9}),
    "momentum, dampened": (
        rules.momentum(lr=0.1, momentum=0.8, dampening=0.3),
        "SGD",
        {"lr": 0.1, "momentum": 0.8, "dampening": 0.3},
    ),
    "nesterov": (
        rules.nesterov(lr=0.1),
        "SGD",
        {"lr": 0.1, "momentum": 0.9, "nesterov": True},
    ),
    "sgd with l2": (
        chain(rules.l2(weight_decay=0.1), rules.sgd(lr=0.1)),
        "SGD",
        {"lr": 0.1, "weight_decay": 0.1},
    ),
    "adagrad": (
        rules.adagrad(initial=0.1),
        "Adagrad",
        {"initial_accumulator_value": 0.1},
    ),
    "rmsprop": (rules.rmsprop(lr=0.01, decay=0.99), "RMSprop", {}),
    "rmsprop_centered": (
        rules.rmsprop_centered(lr=0.01, decay=0.99, eps=0),
        "RMSprop",
        {"centered": True, "eps": 0.0},
    ),
    # torch multiplies by lr after the momentum: the same while lr is constant.
    "rmsprop_momentum": (
        rules.rmsprop_momentum(lr=0.01, decay=0.99),
        "RMSprop",
        {"momentum": 0.9},
    ),
    "adam": (rules.adam, "Adam", {}),
    "adam with l2": (chain(rules.l2(weight_decay=0.1), rules.adam), "Adam", {"weight_decay": 0.1}),
    "adamw": (rules.adamw, "AdamW", {}),
    "adamw as a chain": (
        chain(rules.adam, rules.weight_decay(weight_decay=0.3)),
        "AdamW",
        {"weight_decay": 0.3},
    ),
    "nadam": (rules.nadam, "NAdam", {}),
    "radam": (rules.radam(eps=0), "RAdam", {"eps": 0.0}),
    "adadelta": (rules.adadelta, "Adadelta", {}),
    "adamax": (rules.adamax, "Adamax", {}),
    "amsgrad": (rules.amsgrad, "Adam", {"amsgrad": True}),
    "rprop": (rules.rprop, "Rprop", {}),
    "asgd": (rules.asgd, "ASGD", {}),
}


@contextmanager
def default_type(dtype: Any) -> Iterator[None]:
    """torch keeps a step's scalars (nadam's mu_product among them) in its default type."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def compare(case: str, tolerance: float, dtype: Any) -> None:
    rule, name, arguments = SAME[case]
    ours = {key: np.asarray(value + 0.01) for key, value in parameters("float64").items()}
    optimizer = Optimizer(rule, ours)
    theirs = {key: torch.tensor(value, requires_grad=True) for key, value in ours.items()}
    size = {key: np.abs(value) for key, value in ours.items()}
    with default_type(dtype):
        other = getattr(torch.optim, name)(theirs.values(), foreach=False, **arguments)
        for gradient in _smooth(gradients("float64", STEPS)):
            before = {key: value.copy() for key, value in ours.items()}
            optimizer.step(gradient)
            for key, tensor in theirs.items():
                tensor.grad = torch.tensor(gradient[key])
            other.step()
            for key, value in ours.items():
                size[key] = size[key] + np.abs(value - before[key])
                if case == "radam" and optimizer.step_count == 5:
                    theirs[key].data = torch.tensor(value)  # 4 < rho <= 5
                assert_agrees(
                    value,
                    theirs[key].detach().numpy(),
                    size[key],
                    dtype="float64",
                    ulps=tolerance / EPS,
                    what=f"{key}, step {optimizer.step_count}",
                )


def _smooth(steps: list[Any]) -> list[Any]:
    """The gradients of sizes near 1: in larger ones lr * g is all that can be seen."""
    return [
        {key: np.asarray(np.clip(value, -1e3, 1e3)) for key, value in gradient.items()}
        for gradient in steps
    ]


@pytest.mark.parametrize("case", SAME)
def test_the_same_steps(case: str) -> None:
    compare(case, 1e-12, torch.float64)


def test_nadam_with_a_product_in_float32() -> None:
    # With torch's usual default type its mu_product is a float32 number: 1e-7 of the update.
    compare("nadam", 1e-6, torch.float32)
    with pytest.raises(AssertionError, match="elements differ"):
        compare("nadam", 1e-12, torch.float32)
