"""A perceptron that learns labelled examples: arrays come in, a whole `Workload` goes out."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from adamas.workloads import perceptron
from adamas.workloads.workload import Regions, Tree


class Examples(NamedTuple):
    """Inputs (n, features), float32, and the class of each (n,), integers."""

    inputs: NDArray[Any]
    labels: NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Classification:
    """A `Workload`: examples, the perceptron's layers (`sizes`, `scales`), and defaults.

    `examples` reads what to train on and what to test on (None for nothing); it is called when the
    data is first needed. One output unit means two classes, no hidden layer logistic regression.
    `image_shape` is how to look at an input that is a picture.
    """

    name: str
    title: str
    description: str
    examples: Callable[[], tuple[Examples, Examples | None]]
    sizes: tuple[int, ...]
    scales: tuple[float, ...]
    epochs: int
    batch_size: int
    rules: tuple[str, ...]
    watch: tuple[str, tuple[int, ...]]
    target: tuple[str, float]
    image_shape: tuple[int, int] | None = None

    @cached_property
    def _data(self) -> tuple[Examples, Examples | None]:
        return self.examples()

    @property
    def train(self) -> Examples:
        return self._data[0]

    @property
    def test(self) -> Examples | None:
        return self._data[1]

    def initial(self, seed: int, dtype: DTypeLike = np.float32) -> Tree:
        return perceptron.initial(self.sizes, self.scales, seed, dtype)

    def steps_per_epoch(self, batch_size: int | None) -> int:
        assert batch_size is not None
        # The last minibatch is smaller where the examples do not divide: none is dropped.
        return -(-len(self.train.labels) // batch_size)

    def minibatches(self, seed: int, epoch: int, batch_size: int | None) -> Iterator[Examples]:
        assert batch_size is not None
        # A second number keeps this stream apart from the one that drew the initial weights.
        order = np.random.default_rng([seed, epoch]).permutation(len(self.train.labels))
        for start in range(0, len(order), batch_size):
            chosen = order[start : start + batch_size]
            yield Examples(self.train.inputs[chosen], self.train.labels[chosen])

    def loss_and_gradient(self, params: Tree, batch: Examples) -> tuple[float, Tree]:
        activations = perceptron.forward(params, batch.inputs)
        loss = perceptron.cross_entropy(activations[-1], batch.labels).mean(dtype=np.float64)
        error = perceptron.cross_entropy_error(activations[-1], batch.labels)
        return float(loss), perceptron.backward(params, activations, error)

    def evaluate(self, params: Tree) -> dict[str, float]:
        metrics = _loss_and_accuracy(params, self.train)
        if self.test is not None:
            tested = _loss_and_accuracy(params, self.test)
            metrics |= {f"test_{metric}": value for metric, value in tested.items()}
        return metrics

    def probabilities(self, params: Tree, inputs: NDArray[Any]) -> NDArray[Any]:
        """Return the probability of every class for every input: (n, classes).

        NaN, without a warning, where the parameters of a run that diverged overflow.
        """
        with np.errstate(all="ignore"):
            return perceptron.probabilities(perceptron.forward(params, inputs)[-1])

    def regions(self, params: Tree, resolution: int = 200) -> Regions | None:
        if self.sizes[0] != 2:
            return None
        points, labels = self.train
        low, high = points.min(axis=0), points.max(axis=0)
        margin = 0.06 * (high - low).max()
        x, y = np.linspace(low - margin, high + margin, resolution, dtype=points.dtype).T
        plane = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
        probability = self.probabilities(params, plane)[:, 1].reshape(resolution, resolution)
        return Regions(x, y, probability, points, labels)

    def landscape(self) -> None:
        return None


def _loss_and_accuracy(params: Tree, examples: Examples) -> dict[str, float]:
    logits = perceptron.forward(params, examples.inputs)[-1]
    predicted = logits[:, 0] > 0 if logits.shape[1] == 1 else logits.argmax(axis=1)
    loss = perceptron.cross_entropy(logits, examples.labels).mean(dtype=np.float64)
    return {"loss": float(loss), "accuracy": float(np.mean(predicted == examples.labels))}
