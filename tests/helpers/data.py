"""Parameters and gradients for tests: always the same, and of every size."""

from __future__ import annotations

from typing import Any

import numpy as np

SHAPES: dict[str, tuple[int, ...]] = {"weight": (5, 7), "bias": (13,), "scale": ()}
# Squares of larger gradients do not fit into the type.
LARGEST = {"float32": 18, "float64": 20}


def parameters(dtype: str, seed: int = 0) -> dict[str, Any]:
    """Parameters of sizes 1e-12 to 30, some of them 0 or -0."""
    random = np.random.default_rng(seed)
    return {name: _spread(random, shape, dtype, -12, 1.5) for name, shape in SHAPES.items()}


def gradients(dtype: str, steps: int, seed: int = 1) -> list[dict[str, Any]]:
    """A third of the steps of size 1, a third of sizes 1e-30 to 1e20, a third of 1e-6 to 1e2."""
    random = np.random.default_rng(seed)
    ranges = [(0.0, 0.0), (-30.0, float(LARGEST[dtype])), (-6.0, 2.0)]
    return [
        {
            name: _spread(random, shape, dtype, *ranges[3 * step // steps])
            for name, shape in SHAPES.items()
        }
        for step in range(steps)
    ]


def plain_gradients(dtype: str, steps: int, seed: int = 2) -> list[dict[str, Any]]:
    """Small whole numbers: their squares add up exactly in every order."""
    random = np.random.default_rng(seed)
    return [
        {name: random.integers(-8, 9, shape).astype(dtype) for name, shape in SHAPES.items()}
        for _ in range(steps)
    ]


def _spread(
    random: np.random.Generator, shape: tuple[int, ...], dtype: str, low: float, high: float
) -> Any:
    values = random.standard_normal(shape) * 10.0 ** random.uniform(low, high, shape)
    kept = random.random(shape) > 0.1
    return np.asarray(np.where(kept, values, random.choice([0.0, -0.0], shape)), dtype=dtype)


def copied(tree: dict[str, Any]) -> dict[str, Any]:
    """The same arrays once more."""
    return {name: value.copy() for name, value in tree.items()}


def negated(tree: dict[str, Any]) -> dict[str, Any]:
    """The same arrays with the opposite sign; an array without axes stays an array."""
    return {name: np.asarray(-value) for name, value in tree.items()}
