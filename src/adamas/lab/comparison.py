"""Compares rules on one workload: all from the same start, with the same minibatches in order.

With several seeds this holds for each of them: the runs of one seed are paired.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from adamas.errors import NotFoundError, OptionError, nearest
from adamas.lab.contestants import Contestant
from adamas.lab.training import Progress, Run, Watch, train
from adamas.workloads import Workload, leaves


@dataclass(frozen=True)
class Comparison:
    """What `compare` did: the settings that all runs share, and the runs.

    The runs of one contestant stand together, in the order of seeds.
    """

    workload: Workload
    seeds: tuple[int, ...]
    epochs: int
    batch_size: int | None  # None where there are no examples
    watch: Watch
    target: tuple[str, float]
    runs: tuple[Run, ...]
    interrupted: bool

    @property
    def seed(self) -> int:
        """The first seed."""
        return self.seeds[0]

    @property
    def steps_per_epoch(self) -> int:
        return self.workload.steps_per_epoch(self.batch_size)


def compare(
    workload: Workload,
    contestants: Sequence[Contestant],
    *,
    epochs: int | None = None,
    batch_size: int | None = None,
    seed: int = 0,
    seeds: int = 1,
    watch: Watch | None = None,
    target: tuple[str, float] | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Comparison:
    """Train `workload` with every contestant; what is None takes the workload's own default.

    `seeds` repeats it so many times, with `seed`, `seed + 1` and so on. All contestants train with
    one seed before any trains with the next, so that Ctrl-C leaves whole pairs.

    Ctrl-C, here or in `progress`, ends the comparison: runs and epochs that were finished are kept,
    a run cut short has the status "interrupted", and one without a finished epoch is left out.
    """
    epochs = workload.epochs if epochs is None else epochs
    batch_size = workload.batch_size if batch_size is None else batch_size
    watch = workload.watch if watch is None else watch
    target = workload.target if target is None else target
    _check(workload, contestants, epochs, batch_size, seed, seeds, watch, target)
    chosen = tuple(range(seed, seed + seeds))
    runs: list[Run] = []
    interrupted = False
    try:
        for one_seed, contestant in product(chosen, contestants):
            run = Run(contestant, one_seed)
            runs.append(run)
            total = len(contestants) * seeds

            def tell(epoch: int, loss: float | None, run: Run = run, total: int = total) -> None:
                if progress is not None:
                    label = run.contestant.label
                    number = len(runs) - 1
                    progress(Progress(label, run.seed, number, total, epoch, epochs, loss))

            train(run, workload, epochs=epochs, batch_size=batch_size, watch=watch, tell=tell)
    except KeyboardInterrupt:
        interrupted = True
        if runs:
            runs[-1].forget_unfinished_epoch()
    order = {contestant.label: number for number, contestant in enumerate(contestants)}
    kept = sorted(
        (run for run in runs if len(run.rows) > 1), key=lambda run: order[run.contestant.label]
    )
    return Comparison(workload, chosen, epochs, batch_size, watch, target, tuple(kept), interrupted)


def _check(
    workload: Workload,
    contestants: Sequence[Contestant],
    epochs: int,
    batch_size: int | None,
    seed: int,
    seeds: int,
    watch: Watch,
    target: tuple[str, float],
) -> None:
    """Raise before anything is trained where a setting has no meaning for this workload."""
    from adamas.numpy import Optimizer

    if not contestants:
        raise OptionError("there is nothing to compare: give at least one rule.")
    if batch_size is not None and workload.batch_size is None:
        raise OptionError(f"{workload.name} has no examples: leave the batch size out.")
    for name, value, least in (
        ("epochs", epochs, 1),
        ("batch_size", batch_size, 1),
        ("seed", seed, 0),
        ("seeds", seeds, 1),
    ):
        if value is not None and value < least:
            raise OptionError(f"{name} is a whole number of at least {least}; got {value}.")
    params = workload.initial(seed)
    path, index = watch
    arrays = leaves(params)
    if path not in arrays:
        raise NotFoundError(f"{workload.name} has no parameter {path!r}. {nearest(path, arrays)}")
    shape = arrays[path].shape
    inside = all(0 <= i < size for i, size in zip(index, shape, strict=False))
    if len(index) != len(shape) or not inside:
        raise OptionError(
            f"{path} has the shape {shape}: {list(index)} is not in it. "
            f"Give {len(shape)} {'index' if len(shape) == 1 else 'indices'}, counted from 0."
        )
    gradient = workload.loss_and_gradient(params, next(workload.minibatches(seed, 1, batch_size)))[
        1
    ]
    for contestant in contestants:
        # A rule of the user's may be broken: hear of it now, not when the others have trained.
        with np.errstate(all="ignore"):
            Optimizer(contestant.rule, params).inspect(gradient, *watch)
    metric, goal = target
    metrics = workload.evaluate(params)
    if metric not in metrics:
        raise NotFoundError(
            f"{workload.name} does not measure {metric!r}. {nearest(metric, metrics)}"
        )
    if not math.isfinite(goal):
        raise OptionError(f"the target of {metric} is a finite number; got {goal}.")
