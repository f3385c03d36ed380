"""What a folder of `adamas compare` holds, as frozen records of arrays: runs and comparisons."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
AGAIN = "Run `adamas compare` again."


@dataclass(frozen=True)
class Run:
    """One contestant: its numbers per epoch, and each named quantity at one coordinate per step.

    Repeated with several seeds, its numbers are medians over `repeats` (see seeds.py), one for each
    seed; its trace, path and parameters are those of the one seed that `seed` names.
    """

    label: str
    rule: str
    seed: int
    summary: str  # what the rule does, in a sentence; may be empty, as may be its mathematics
    mathematics: str
    hyperparameters: Mapping[str, Any]
    status: str
    steps: int
    epochs: Mapping[str, Array]  # column -> one value per epoch; NaN where nothing was measured
    final: Mapping[str, float]  # finite entries only, as is best
    best: Mapping[str, float]
    reached: Mapping[str, float] | None
    seconds: float
    seconds_per_step: float | None
    trace: Mapping[str, tuple[Array, Array]]  # quantity -> (steps, values)
    parameters: Path | None  # the file of final parameters
    path: Array | None = None  # (steps + 1, 2): where two parameters were
    repeats: tuple[Run, ...] = ()

    @property
    def each(self) -> tuple[Run, ...]:
        """The single runs, one for each seed."""
        return self.repeats or (self,)

    @property
    def last_epoch(self) -> int:
        """The last epoch with a finite loss."""
        finite = self.epochs["epoch"][np.isfinite(self.epochs["loss"])]
        return int(finite[-1]) if len(finite) else 0


@dataclass(frozen=True)
class Results:
    """A whole comparison, as it lies in its folder."""

    directory: Path
    workload: str
    title: str
    seed: int
    seeds: tuple[int, ...]
    epochs: int
    batch_size: int | None
    steps_per_epoch: int
    versions: Mapping[str, str]
    machine: Mapping[str, Any]
    command: str
    watch: str  # "hidden2/weight[3, 4]"
    target: tuple[str, float]
    runs: tuple[Run, ...]  # one for each rule

    @property
    def repeated(self) -> bool:
        """Whether there are several seeds, and every number is a median."""
        return len(self.seeds) > 1

    @property
    def mapped(self) -> bool:
        """Whether two parameters were trained, whose paths can be drawn."""
        return any(run.path is not None for run in self.runs)

    @property
    def tested(self) -> bool:
        """Whether accuracy was also measured on a test set."""
        return any("test_accuracy" in run.epochs for run in self.runs)

    @property
    def data_files(self) -> tuple[str, ...]:
        """The files of data beside the page, relative to it."""
        names = ["results.json", "epochs.parquet", "steps.parquet", "paths.parquet"]
        found = [name for name in names if (self.directory / name).exists()]
        return (
            *found,
            *(
                f"parameters/{one.parameters.name}"
                for run in self.runs
                for one in run.each
                if one.parameters
            ),
        )


def slug(label: str) -> str:
    """A label as part of a file's name."""
    return re.sub(r"[^A-Za-z0-9._=-]+", "-", label).strip("-.") or "run"
