"""What the trained models answer: final parameters come in, wrong answers go out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from adamas.errors import AdamasError, NotFoundError
from adamas.report.results import AGAIN, Array, Results, Run


def workload(results: Results) -> Any:
    """The workload that was trained, or None where it is not one of ours: no pictures then."""
    from adamas import workloads

    try:
        return workloads.get(results.workload)
    except NotFoundError:
        return None


def parameters(run: Run, template: Any) -> Any:
    """The final parameters of `run`, a tree like `template`; None without a file or not finite."""
    if run.parameters is None:
        return None
    from safetensors.numpy import load_file

    arrays = load_file(run.parameters)
    if not all(np.all(np.isfinite(array)) for array in arrays.values()):
        return None
    try:
        return _filled(template, arrays, "")
    except KeyError as error:
        raise AdamasError(f"{run.parameters}: has no parameter {error}. {AGAIN}") from error


def _filled(tree: Any, arrays: dict[str, Any], path: str) -> Any:
    if isinstance(tree, dict):
        return {k: _filled(v, arrays, f"{path}/{k}" if path else k) for k, v in tree.items()}
    if isinstance(tree, list | tuple):
        return type(tree)(_filled(v, arrays, f"{path}/{i}") for i, v in enumerate(tree))
    return arrays[path]


@dataclass(frozen=True)
class Reading:
    """Predicted classes of the images that at least one rule gets wrong, hardest first."""

    images: Array  # (images, rows, columns)
    labels: Array  # (images,)
    predicted: Array  # (images, runs)
    runs: tuple[Run, ...]
    examined: int
    where: str  # "test" or "training"


def misread(results: Results, problem: Any) -> Reading | None:
    """The images that some rule misreads, for a workload of images; None for any other."""
    shape = getattr(problem, "image_shape", None)
    if shape is None or not hasattr(problem, "probabilities"):
        return None
    try:
        examples, where = (problem.test, "test") if problem.test else (problem.train, "training")
    except AdamasError:  # the page is drawn again where the data is not at hand: without images
        return None
    template = problem.initial(results.seed)
    found = [(run, parameters(run, template)) for run in results.runs]
    found = [(run, tree) for run, tree in found if tree is not None]
    if not found:
        return None
    sure = np.stack([problem.probabilities(tree, examples.inputs) for _, tree in found], axis=1)
    predicted = sure.argmax(axis=2)
    wrong = predicted != examples.labels[:, None]
    chance = np.take_along_axis(sure, examples.labels[:, None, None], axis=2)[..., 0]
    # Most rules wrong first; among equals the one whose label they thought least likely.
    order = np.lexsort((chance.mean(axis=1), -wrong.sum(axis=1)))
    order = order[wrong[order].any(axis=1)]
    return Reading(
        images=examples.inputs[order].reshape(-1, *shape),
        labels=examples.labels[order],
        predicted=predicted[order],
        runs=tuple(run for run, _ in found),
        examined=len(examples.labels),
        where=where,
    )
