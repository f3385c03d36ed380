"""Reads a folder that `adamas compare` wrote: files come in, `Results` go out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from adamas.errors import AdamasError, NotFoundError
from adamas.report.results import AGAIN, Array, Results, Run, slug
from adamas.report.seeds import merged

Key = tuple[str, int]  # a run's label and seed


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
    traces = read_traces(directory / "steps.parquet")
    paths = read_paths(directory / "paths.parquet")
    try:
        return _results(directory, record, traces, paths)
    except (KeyError, TypeError) as error:
        what = f"the entry {error}" if isinstance(error, KeyError) else str(error)
        raise AdamasError(f"{path}: not a complete comparison, see {what}. {AGAIN}") from error


def _results(
    directory: Path, record: Mapping[str, Any], traces: Mapping[Any, Any], paths: Mapping[Any, Any]
) -> Results:
    if not record["runs"]:
        raise AdamasError(f"{directory}/results.json: holds no runs. {AGAIN}")
    watch = record["watch"]
    return Results(
        directory=directory,
        workload=record["workload"],
        title=record.get("title", record["workload"]),
        seed=record["seed"],
        seeds=tuple(record.get("seeds", [record["seed"]])),
        epochs=record["epochs"],
        batch_size=record["batch_size"],
        steps_per_epoch=record["steps_per_epoch"],
        versions=record["versions"],
        machine=record.get("machine", {}),
        command=record["command"],
        watch=f"{watch['parameter']}[{', '.join(str(i) for i in watch['index'])}]",
        target=(record["target"]["metric"], record["target"]["value"]),
        runs=_rules(directory, record["runs"], traces, paths),
    )


def _rules(
    directory: Path, runs: list[Any], traces: Mapping[Any, Any], paths: Mapping[Any, Any]
) -> tuple[Run, ...]:
    """The runs of one rule as one: itself, or the median of its seeds."""
    found: dict[str, list[Run]] = {}
    for run in runs:
        key = (run["label"], run["seed"])
        one = _run(directory, run, traces.get(key, {}), paths.get(key))
        found.setdefault(one.label, []).append(one)
    return tuple(merged(same) for same in found.values())


def _run(
    directory: Path, run: Mapping[str, Any], trace: Mapping[str, Any], path: Array | None
) -> Run:
    columns = list(dict.fromkeys(name for row in run["epochs"] for name in row))
    parameters = directory / run.get("parameters", f"parameters/{slug(run['label'])}.safetensors")
    return Run(
        label=run["label"],
        rule=run["rule"],
        seed=run["seed"],
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
        path=path,
    )


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)


def _finite(entries: Mapping[str, Any] | None) -> dict[str, float]:
    return {k: float(v) for k, v in (entries or {}).items() if v is not None and np.isfinite(v)}


def read_traces(path: Path) -> dict[Key, dict[str, tuple[Array, Array]]]:
    """quantity -> (steps, values) of every run, in the order in which the rule names quantities."""
    if not path.is_file():
        raise NotFoundError(f"{path}: missing, so the inside of the rules cannot be drawn. {AGAIN}")
    import pyarrow.parquet

    names = ["label", "seed", "quantity", "step", "value"]
    table = pyarrow.parquet.read_table(path, columns=names)
    if not table.num_rows:
        return {}
    labels, label_of = _coded(table.column("label"))
    quantities, quantity_of = _coded(table.column("quantity"))
    seeds, seed_of = np.unique(table.column("seed").to_numpy(), return_inverse=True)
    steps, values = table.column("step").to_numpy(), table.column("value").to_numpy()
    # One stable sort instead of one mask per run and quantity: 12 rules with 9 have 108.
    key = (label_of * len(seeds) + seed_of) * len(quantities) + quantity_of
    order = np.argsort(key, kind="stable")
    found, first, count = np.unique(key, return_index=True, return_counts=True)
    start = np.concatenate([[0], np.cumsum(count)])
    traces: dict[Key, dict[str, tuple[Array, Array]]] = {}
    for i in np.argsort(first):
        rows = order[start[i] : start[i + 1]]
        run, quantity = divmod(int(found[i]), len(quantities))
        label, seed = divmod(run, len(seeds))
        trace = traces.setdefault((labels[label], int(seeds[seed])), {})
        trace[quantities[quantity]] = (steps[rows], values[rows].astype(np.float64))
    return traces


def read_paths(path: Path) -> dict[Key, Array]:
    """Where the two parameters of every run were, (steps + 1, 2); empty where there is no file."""
    if not path.is_file():
        return {}
    import pyarrow.parquet

    found: dict[Key, list[tuple[float, float]]] = {}
    for row in pyarrow.parquet.read_table(path).to_pylist():
        found.setdefault((row["label"], row["seed"]), []).append((row["x"], row["y"]))
    return {key: np.array(points, dtype=np.float64) for key, points in found.items()}


def _coded(column: Any) -> tuple[list[str], Array]:
    encoded = column.dictionary_encode().combine_chunks()
    return encoded.dictionary.to_pylist(), encoded.indices.to_numpy().astype(np.int64)
