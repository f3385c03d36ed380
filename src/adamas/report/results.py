"""Reads a folder that `adamas compare` wrote into frozen records of arrays."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from adamas.errors import AdamasError, NotFoundError

Array = np.ndarray[Any, Any]
AGAIN = "Run `adamas compare` again."


@dataclass(frozen=True)
class Run:
    """One contestant: its numbers per epoch, and each named quantity at one coordinate per step."""

    label: str
    rule: str
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
    epochs: int
    batch_size: int
    steps_per_epoch: int
    versions: Mapping[str, str]
    machine: Mapping[str, Any]
    command: str
    watch: str  # "hidden2/weight[3, 4]"
    target: tuple[str, float]
    runs: tuple[Run, ...]

    @property
    def tested(self) -> bool:
        """Whether accuracy was also measured on a test set."""
        return any("test_accuracy" in run.epochs for run in self.runs)

    @property
    def data_files(self) -> tuple[str, ...]:
        """The files of data beside the page, relative to it."""
        names = ["results.json", "epochs.parquet", "steps.parquet"]
        found = [name for name in names if (self.directory / name).exists()]
        return (
            *found,
            *(f"parameters/{run.parameters.name}" for run in self.runs if run.parameters),
        )


def slug(label: str) -> str:
    """A label as part of a file's name."""
    return re.sub(r"[^A-Za-z0-9._=-]+", "-", label).strip("-.") or "run"


def load(directory: str | Path) -> Results:
    """The comparison in `directory`; raises `AdamasError` when a file or an entry is missing."""
    directory = Path(directory)
    path = directory / "results.json"
    if not path.is_file():
        raise NotFoundError(
            f"{directory}: there is no results.json here, so nothing to draw. {AGAIN}"
        )
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise AdamasError(f"{path}: not readable as JSON ({error}). {AGAIN}") from error
    traces = _traces(directory / "steps.parquet")
    try:
        return _results(directory, record, traces)
    except (KeyError, TypeError) as error:
        what = f"the entry {error}" if isinstance(error, KeyError) else str(error)
        raise AdamasError(f"{path}: not a complete comparison, see {what}. {AGAIN}") from error


def _results(directory: Path, record: Mapping[str, Any], traces: Mapping[str, Any]) -> Results:
    if not record["runs"]:
        raise AdamasError(f"{directory}/results.json: holds no runs. {AGAIN}")
    watch = record["watch"]
    return Results(
        directory=directory,
        workload=record["workload"],
        title=record.get("title", record["workload"]),
        seed=record["seed"],
        epochs=record["epochs"],
        batch_size=record["batch_size"],
        steps_per_epoch=record["steps_per_epoch"],
        versions=record["versions"],
        machine=record.get("machine", {}),
        command=record["command"],
        watch=f"{watch['parameter']}[{', '.join(str(i) for i in watch['index'])}]",
        target=(record["target"]["metric"], record["target"]["value"]),
        runs=tuple(_run(directory, run, traces.get(run["label"], {})) for run in record["runs"]),
    )


def _run(directory: Path, run: Mapping[str, Any], trace: Mapping[str, Any]) -> Run:
    columns = list(dict.fromkeys(name for row in run["epochs"] for name in row))
    parameters = directory / run.get("parameters", f"parameters/{slug(run['label'])}.safetensors")
    return Run(
        label=run["label"],
        rule=run["rule"],
        summary=run.get("summary", ""),
        mathematics=run.get("mathematics", ""),
        hyperparameters=run["hyperparameters"],
        status=run["status"],
        steps=run["steps"],
        epochs={
            name: np.array([_number(row.get(name)) for row in run["epochs"]], dtype=np.float64)
            for name in columns
        },
        final=_finite(run["final"]),
        best=_finite(run["best"]),
        reached=run["reached"],
        seconds=run["seconds"],
        seconds_per_step=run["seconds_per_step"],
        trace=trace,
        parameters=parameters if parameters.is_file() else None,
    )


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)


def _finite(entries: Mapping[str, Any] | None) -> dict[str, float]:
    return {k: float(v) for k, v in (entries or {}).items() if v is not None and np.isfinite(v)}


def _traces(path: Path) -> dict[str, dict[str, tuple[Array, Array]]]:
    """label -> quantity -> (steps, values), in the order in which the rule names its quantities."""
    if not path.is_file():
        raise NotFoundError(f"{path}: missing, so the inside of the rules cannot be drawn. {AGAIN}")
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(path, columns=["label", "quantity", "step", "value"])
    if not table.num_rows:
        return {}
    labels, label_of = _coded(table.column("label"))
    quantities, quantity_of = _coded(table.column("quantity"))
    steps, values = table.column("step").to_numpy(), table.column("value").to_numpy()
    # One stable sort instead of one mask per pair: 12 rules with 9 quantities have 108 pairs.
    key = label_of * len(quantities) + quantity_of
    order = np.argsort(key, kind="stable")
    found, first, count = np.unique(key, return_index=True, return_counts=True)
    start = np.concatenate([[0], np.cumsum(count)])
    traces: dict[str, dict[str, tuple[Array, Array]]] = {}
    for i in np.argsort(first):
        rows = order[start[i] : start[i + 1]]
        label, quantity = divmod(int(found[i]), len(quantities))
        trace = traces.setdefault(labels[label], {})
        trace[quantities[quantity]] = (steps[rows], values[rows].astype(np.float64))
    return traces


def _coded(column: Any) -> tuple[list[str], Array]:
    encoded = column.dictionary_encode().combine_chunks()
    return encoded.dictionary.to_pylist(), encoded.indices.to_numpy().astype(np.int64)
