"""A multi-layer perceptron with ReLU between its layers: forward, backward and two losses.

Parameters are {"hidden1": {"weight": (inputs, units), "bias": (units,)}, ..., "output": {...}}.
Arithmetic is done in the type of the parameters.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from adamas.workloads.workload import Tree

Array = NDArray[Any]


def initial(sizes: Sequence[int], scales: Sequence[float], seed: int, dtype: DTypeLike) -> Tree:
    """Return layers between consecutive `sizes`: weights normal times their scale, biases zero."""
    random = np.random.default_rng(seed)
    names = [f"hidden{i}" for i in range(1, len(sizes) - 1)] + ["output"]
    return {
        name: {
            "weight": (random.standard_normal((rows, columns)) * scale).astype(dtype),
            "bias": np.zeros(columns, dtype),
        }
        for name, (rows, columns), scale in zip(names, pairwise(sizes), scales, strict=True)
    }


def forward(params: Tree, inputs: Array) -> list[Array]:
    """Return what enters each layer (the inputs first), and then the logits."""
    *hidden, output = params.values()
    activations = [inputs]
    for layer in hidden:
        activations.append(np.maximum(activations[-1] @ layer["weight"] + layer["bias"], 0))
    activations.append(activations[-1] @ output["weight"] + output["bias"])
    return activations


def backward(params: Tree, activations: list[Array], error: Array) -> Tree:
    """Return the gradient of a loss whose derivative by the logits is `error` (batch, outputs)."""
    gradient: Tree = {}
    for name, layer_input in zip(reversed(params), reversed(activations[:-1]), strict=True):
        gradient[name] = {"weight": layer_input.T @ error, "bias": error.sum(axis=0)}
        if layer_input is not activations[0]:
            error = (error @ params[name]["weight"].T) * (layer_input > 0)
    return dict(reversed(gradient.items()))


def probabilities(logits: Array) -> Array:
    """Return the probability of every class (batch, classes); one logit means two classes."""
    if logits.shape[1] == 1:
        # Of |z|, so that nothing overflows and the smaller of the two keeps all its digits.
        small = np.exp(-np.abs(logits))
        high, low = 1 / (1 + small), small / (1 + small)
        positive = logits >= 0
        return np.concatenate(
            [np.where(positive, low, high), np.where(positive, high, low)], axis=1
        )
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def cross_entropy(logits: Array, labels: NDArray[np.intp]) -> Array:
    """Return each example's -log(probability of its label), exact where that probability is 0."""
    if logits.shape[1] == 1:
        return np.logaddexp(0, logits[:, 0] * (1 - 2 * labels.astype(logits.dtype)))
    shifted = logits - logits.max(axis=1, keepdims=True)
    chosen = np.take_along_axis(shifted, labels[:, None], axis=1)[:, 0]
    return np.log(np.exp(shifted).sum(axis=1)) - chosen


def cross_entropy_error(logits: Array, labels: NDArray[np.intp]) -> Array:
    """Return the derivative of the mean cross-entropy by the logits: (probability - truth) / n."""
    error = probabilities(logits)
    if logits.shape[1] == 1:
        error = np.where(labels == 1, -error[:, 0], error[:, 1])[:, None]
    else:
        error[np.arange(len(labels)), labels] -= 1
    return error / len(labels)
