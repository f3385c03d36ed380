"""What engines work on: tensors with their state, in groups that share hyperparameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

Array = np.ndarray[Any, Any]
CACHE_LINE = 64


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


def aligned_zeros(like: Array, dtype: np.dtype[Any]) -> Array:
    """Zeros of an array's shape and order, beginning on a cache line.

    NumPy begins 16 bytes into one, so that every vector would cross into the next: 13 % slower
    where all is in cache.
    """
    size = like.size * dtype.itemsize
    memory = np.zeros(size + CACHE_LINE, np.uint8)
    begin = -memory.ctypes.data % CACHE_LINE
    order: Literal["C", "F"] = (
        "C" if like.flags.c_contiguous or not like.flags.f_contiguous else "F"
    )
    return memory[begin : begin + size].view(dtype).reshape(like.shape, order=order)


def slot_type(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The type in which a parameter's slots are stored."""
    return working_type(dtype)
