"""What the laboratory asks of a problem: parameters, minibatches, a gradient and an evaluation."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray

# Nested dicts of arrays; a path such as "hidden1/weight" names one of them.
Tree = dict[str, Any]


def leaves(tree: Tree, prefix: str = "") -> dict[str, NDArray[Any]]:
    """Return the arrays of `tree` by path, in its order."""
    found: dict[str, NDArray[Any]] = {}
    for name, value in tree.items():
        path = prefix + name
        found |= leaves(value, f"{path}/") if isinstance(value, dict) else {path: value}
    return found


@dataclass(frozen=True)
class Regions:
    """What a model of two inputs and two classes answers over the plane, and the points it saw.

    Shapes: `x` (columns,), `y` (rows,), `probability` of class 1 (rows, columns),
    `points` (n, 2), `labels` (n,).
    """

    x: NDArray[Any]
    y: NDArray[Any]
    probability: NDArray[Any]
    points: NDArray[Any]
    labels: NDArray[Any]


@dataclass(frozen=True)
class Landscape:
    """The loss of two parameters as a map: where to look (left, right, bottom, top), the lowest
    point, and the loss at `x` and `y`, arrays of any shape."""

    window: tuple[float, float, float, float]
    optimum: tuple[float, float]
    loss: Callable[[Any, Any], Any]


class Workload(Protocol):
    """A problem with its own defaults. Nothing in it changes; a seed decides all that is random.

    A problem without data yields a batch of its own choosing (None, say) and has no batch size; a
    problem without an accuracy leaves it out of `evaluate`; `regions` is None unless the inputs are
    a plane, `landscape` unless the parameters are one.
    """

    @property
    def name(self) -> str:
        """What `get` finds it by, with the options that are not its defaults."""

    @property
    def title(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def epochs(self) -> int: ...
    @property
    def batch_size(self) -> int | None: ...

    @property
    def rules(self) -> tuple[str, ...]:
        """The contestants, as `adamas compare --rules` spells them: "adam:lr=0.005"."""

    @property
    def watch(self) -> tuple[str, tuple[int, ...]]:
        """The parameter and the index at which the inside of each rule is recorded."""

    @property
    def target(self) -> tuple[str, float]:
        """A metric of `evaluate` and the value that counts as reached."""

    def initial(self, seed: int, dtype: DTypeLike = np.float32) -> Tree:
        """Return fresh parameters, equal for equal seeds."""

    def steps_per_epoch(self, batch_size: int | None) -> int:
        """Return how many minibatches `minibatches` yields."""

    def minibatches(self, seed: int, epoch: int, batch_size: int | None) -> Iterator[Any]:
        """Yield every example once, in an order that depends on the arguments alone."""

    def loss_and_gradient(self, params: Tree, batch: Any) -> tuple[float, Tree]:
        """Return the mean loss over `batch` and its gradient, shaped and typed as `params`."""

    def evaluate(self, params: Tree) -> dict[str, float]:
        """Return "loss", and "accuracy", "test_loss", "test_accuracy" where they have a meaning."""

    def regions(self, params: Tree, resolution: int = 200) -> Regions | None:
        """Return the decision over the plane of inputs, or None where inputs are not a plane."""

    def landscape(self) -> Landscape | None:
        """Return the loss as a map, or None where the parameters are not two numbers."""
