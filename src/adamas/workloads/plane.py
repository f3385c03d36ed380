"""A function of two parameters to walk down: formulas come in, a whole `Workload` goes out.

There is no data and nothing random but the start: every step sees the whole gradient.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

from adamas.workloads.workload import Landscape, Tree

STEPS_PER_EPOCH = 10  # an epoch is only how often the loss is looked at

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Plane:
    """A `Workload` of one parameter, "position", of shape (2,)."""

    name: str
    title: str
    description: str
    loss: Callable[[Any, Any], Any]  # of x and y, numbers or arrays
    slope: Callable[[Any, Any], tuple[Any, Any]]
    start: Callable[[np.random.Generator], tuple[float, float]]
    window: tuple[float, float, float, float]
    optimum: tuple[float, float]
    epochs: int
    rules: tuple[str, ...]
    target: tuple[str, float]
    watch: tuple[str, tuple[int, ...]] = ("position", (0,))
    batch_size: ClassVar[None] = None

    # float64: in float32 the end of a path would be drawn by rounding.
    def initial(self, seed: int, dtype: DTypeLike = np.float64) -> Tree:
        return {"position": np.array(self.start(np.random.default_rng(seed)), dtype)}

    def steps_per_epoch(self, batch_size: int | None) -> int:
        return STEPS_PER_EPOCH

    def minibatches(self, seed: int, epoch: int, batch_size: int | None) -> Iterator[None]:
        yield from [None] * STEPS_PER_EPOCH

    def loss_and_gradient(self, params: Tree, batch: None) -> tuple[float, Tree]:
        position = params["position"]
        # Far outside a polynomial overflows: that is divergence, not worth a warning.
        with np.errstate(all="ignore"):
            gradient = np.array(self.slope(*position), position.dtype)
            return float(self.loss(*position)), {"position": gradient}

    def evaluate(self, params: Tree) -> dict[str, float]:
        with np.errstate(all="ignore"):
            return {"loss": float(self.loss(*params["position"]))}

    def regions(self, params: Tree, resolution: int = 200) -> None:
        return None

    def landscape(self) -> Landscape:
        return Landscape(self.window, self.optimum, self.loss)
