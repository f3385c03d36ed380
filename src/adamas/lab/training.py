"""Trains a workload with one rule, and fills a `Run` with everything that is measured."""

import math
import time
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adamas.lab.contestants import Contestant
from adamas.workloads import Tree, Workload, leaves

Row = dict[str, float | None]  # one epoch; None where there is nothing finite to say
Watch = tuple[str, tuple[int, ...]]


@dataclass(frozen=True)
class Progress:
    """Where a comparison stands, told after every epoch (and before the first, as epoch 0)."""

    label: str
    seed: int
    run: int  # counted from 0
    runs: int
    epoch: int
    epochs: int
    loss: float | None


@dataclass
class Run:
    """One contestant's training. `rows[0]` is epoch 0, before training.

    `trace` maps each named quantity of the rule to (steps, values) at the watched coordinate;
    `path` is where the two parameters of a landscape were, before the first step and after each;
    `parameters` are those one evaluates with, after the last finished epoch.
    """

    contestant: Contestant
    seed: int
    status: str = "interrupted"  # until it is "finished" or "diverged"
    rows: list[Row] = field(default_factory=list)
    step_seconds: list[float] = field(default_factory=list)
    trace: dict[str, tuple[list[int], list[float]]] = field(default_factory=dict)
    path: list[tuple[float, float]] = field(default_factory=list)
    parameters: dict[str, NDArray[Any]] = field(default_factory=dict)

    @property
    def steps(self) -> int:
        """Steps taken up to the last row."""
        return int(self.rows[-1]["steps"] or 0) if self.rows else 0

    def forget_unfinished_epoch(self) -> None:
        """Drop what was recorded after the last row."""
        del self.step_seconds[self.steps :]
        del self.path[self.steps + 1 :]
        for name, (steps, values) in self.trace.items():
            kept = bisect_right(steps, self.steps)
            self.trace[name] = (steps[:kept], values[:kept])


def train(
    run: Run,
    workload: Workload,
    *,
    epochs: int,
    batch_size: int | None,
    watch: Watch,
    tell: Callable[[int, float | None], None],
) -> None:
    """Fill `run`, starting from `workload.initial(run.seed)`; call `tell(epoch, loss)` every epoch.

    A loss that is not finite ends the run as "diverged". Ctrl-C passes through: what the run holds
    by then is whole up to its last row.
    """
    # Imported where a run begins: `adamas show` trains nothing and should start at once.
    from adamas.numpy import Optimizer

    params = workload.initial(run.seed)
    optimizer = Optimizer(run.contestant.rule, params)
    mapped = workload.landscape() is not None
    if mapped:
        _trail(run, _flat(params))
    # Numbers that overflow are an outcome to record here, not something to warn about.
    with np.errstate(all="ignore"):
        _record(run, workload, optimizer, params, 0, {"grad_norm": None, "mean_update": None})
        tell(0, run.rows[-1]["loss"])
        for epoch in range(1, epochs + 1):
            batches = workload.minibatches(run.seed, epoch, batch_size)
            alive, means = _train_epoch(run, workload, optimizer, params, batches, watch, mapped)
            _record(run, workload, optimizer, params, epoch, means)
            if not alive or run.rows[-1]["loss"] is None:
                run.status = "diverged"
            elif epoch == epochs:
                run.status = "finished"
            tell(epoch, run.rows[-1]["loss"])
            if run.status == "diverged":
                break


def _train_epoch(
    run: Run,
    workload: Workload,
    optimizer: Any,
    params: Tree,
    batches: Any,
    watch: Watch,
    mapped: bool,
) -> tuple[bool, Row]:
    """Take the epoch's steps; return False where a loss that is not finite ended it early."""
    norms, updates = [], []
    alive = True
    before = _flat(params)
    for batch in batches:
        loss, gradient = workload.loss_and_gradient(params, batch)
        norms.append(float(np.linalg.norm(_flat(gradient).astype(np.float64))))
        if not math.isfinite(loss):
            alive = False
            break
        step = len(run.step_seconds) + 1
        _watch(run, step, optimizer.inspect(gradient, *watch))
        start = time.perf_counter()
        optimizer.step(gradient)
        run.step_seconds.append(time.perf_counter() - start)
        after = _flat(params)
        updates.append(float(np.abs(after - before).mean(dtype=np.float64)))
        if mapped:
            _trail(run, after)
        before = after
    return alive, {"grad_norm": _mean(norms), "mean_update": _mean(updates)}


def _record(
    run: Run, workload: Workload, optimizer: Any, params: Tree, epoch: int, means: Row
) -> None:
    with optimizer.evaluating():
        metrics = workload.evaluate(params)
        parameters = {path: array.copy() for path, array in leaves(params).items()}
    # An accuracy of parameters that are not numbers would still be a number: say nothing instead.
    alive = math.isfinite(metrics["loss"])
    measured = {name: value if alive else None for name, value in metrics.items()}
    run.parameters = parameters
    run.rows.append({"epoch": epoch, "steps": len(run.step_seconds), **measured, **means})


def _watch(run: Run, step: int, quantities: Mapping[str, float]) -> None:
    for name, value in quantities.items():
        steps, values = run.trace.setdefault(name, ([], []))
        steps.append(step)
        values.append(value)


def _trail(run: Run, position: NDArray[Any]) -> None:
    x, y = position.tolist()
    run.path.append((x, y))


def _flat(tree: Tree) -> NDArray[Any]:
    return np.concatenate([np.ravel(array) for array in leaves(tree).values()])


def _mean(values: list[float]) -> float | None:
    mean = float(np.mean(values)) if values else math.nan
    return mean if math.isfinite(mean) else None
