"""Data: the arrays of a line-up, made once from a seed and shared as far as can be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from adamas.bench.sizes import Shape

Array = np.ndarray[Any, Any]
# Random numbers come from a block that is repeated: a hundred million would take seconds to draw.
BLOCK = 1 << 20


class Data:
    """Starting parameters and one or more sets of gradients, as NumPy arrays.

    Contestants copy the parameters. Gradients are only read, so libraries share them.
    """

    def __init__(
        self,
        shapes: Sequence[Shape],
        dtype: str,
        *,
        sets: int = 1,
        gradient_scale: float = 1e-2,
        parameter_scale: float = 0.1,
        seed: int = 0,
    ):
        self.dtype = numpy_type(dtype)
        random = np.random.default_rng(seed)
        self.parameters = [self._normal(random, shape, parameter_scale) for shape in shapes]
        self.gradients = [
            [self._normal(random, shape, gradient_scale) for shape in shapes] for _ in range(sets)
        ]
        self._shared: dict[str, list[list[Any]]] = {}

    def shared(self, library: str, convert: Callable[[Array], Any]) -> list[list[Any]]:
        """The sets of gradients as a library's arrays, made once for all of its contestants."""
        if library not in self._shared:
            self._shared[library] = [[convert(g) for g in one] for one in self.gradients]
        return self._shared[library]

    def _normal(self, random: np.random.Generator, shape: Shape, scale: float) -> Array:
        count = int(np.prod(shape, dtype=np.int64))
        block = (scale * random.standard_normal(min(count, BLOCK))).astype(self.dtype)
        return np.resize(block, shape) if count > BLOCK else block.reshape(shape)


def numpy_type(name: str) -> np.dtype[Any]:
    """The NumPy type of that name; bfloat16 is ml_dtypes'."""
    if name == "bfloat16":
        import ml_dtypes

        return np.dtype(ml_dtypes.bfloat16)
    return np.dtype(name)
