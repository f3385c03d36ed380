"""What engines work on: tensors with their state, in groups that share hyperparameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


@dataclass(eq=False)
class Tensor:
    """One parameter with what belongs to it.

    parameter   any shape, stepped in place
    slots       by name: an array of the parameter's shape, or a float for a scalar slot; empty
                until the tensor's first gradient
    t           steps this tensor has taken
    fresh       slots that have been made but never been written
    """

    path: str
    parameter: Array
    slots: dict[str, Any] = field(default_factory=dict)
    t: int = 0
    fresh: set[str] = field(default_factory=set)


@dataclass(eq=False)
class Group:
    """Tensors that take a step with the same hyperparameters: `values` are floats, by full name."""

    values: Mapping[str, float]
    tensors: list[Tensor]
    gradients: list[Array]


def working_type(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The type of a tensor's arithmetic: float64 for float64, float32 for all others."""
    return np.dtype(np.float64 if dtype == np.float64 else np.float32)


def slot_type(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The type in which a parameter's slots are stored."""
    return working_type(dtype)
