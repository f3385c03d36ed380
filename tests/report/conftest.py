"""A small comparison written by hand into a folder, as `adamas compare` writes one."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
from safetensors.numpy import save_file

from adamas import workloads
from adamas.report.load import load
from adamas.report.results import slug

EPOCHS, PER_EPOCH = 6, 32
STEPS = ("label", "seed", "step", "quantity", "value")  # the columns of steps.parquet


def run(label: str = "adam", **changes: Any) -> dict[str, Any]:
    """One run of results.json; `losses` and `accuracies` are those from epoch 0 on."""
    losses = changes.pop("losses", list(np.geomspace(0.7, 0.003, EPOCHS + 1)))
    accuracies = changes.pop("accuracies", [0.5, 0.6, 0.8, 0.95, 0.992, 0.999, 0.9995])
    sizes = changes.pop("sizes", [None] + [0.001] * (len(losses) - 1))
    tests = changes.pop("test_accuracies", None)
    rows: list[dict[str, Any]] = [
        {
            "epoch": i,
            "loss": loss,
            "accuracy": accuracy,
            "grad_norm": None if i == 0 else 0.3,
            "mean_update": size,
        }
        for i, (loss, accuracy, size) in enumerate(zip(losses, accuracies, sizes, strict=True))
    ]
    for row, test in zip(rows, tests or [], strict=False):
        row |= {"test_loss": 2 * row["loss"], "test_accuracy": test}
    finite = [row for row in rows if row["loss"] is not None]
    reached = next((row for row in finite if row["accuracy"] >= 0.99), None)
    best = max(finite, key=lambda row: row["accuracy"])
    return {
        "label": label,
        "rule": label.split()[0],
        "summary": f"What {label} does.",
        "mathematics": "θₜ = θₜ₋₁ − η gₜ",
        "hyperparameters": {"lr": 0.005, "eps": 1e-8, "warm": "warmup(10)"},
        "seed": 0,
        "status": "finished",
        "steps": (len(rows) - 1) * PER_EPOCH,
        "epochs": rows,
        "final": rows[-1],
        "best": {"accuracy": best["accuracy"], "accuracy_epoch": best["epoch"]},
        "reached": reached
        and {"epoch": reached["epoch"], "steps": reached["epoch"] * PER_EPOCH, "seconds": 0.02},
        "seconds": 0.1,
        "seconds_per_step": 40e-6,
        **changes,
    }


def comparison(*runs: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """What results.json holds."""
    return {
        "workload": "spiral",
        "title": "Two spirals",
        "seed": 0,
        "epochs": EPOCHS,
        "batch_size": 64,
        "steps_per_epoch": PER_EPOCH,
        "versions": {"adamas": "0.1.0", "numpy": "2.0.0", "python": "3.11.0"},
        "machine": {"processor": "a processor", "cores": 2},
        "command": "adamas compare spiral --seed 0",
        "watch": {"parameter": "hidden2/weight", "index": [3, 4]},
        "target": {"metric": "accuracy", "value": 0.99},
        "runs": list(runs),
        **changes,
    }


def trace(steps: int, seed: int) -> dict[str, np.ndarray[Any, Any]]:
    """Adam at one coordinate, from random gradients."""
    random = np.random.default_rng(seed)
    m = v = 0.0
    p = 1.0
    rows = []
    for t in range(1, steps + 1):
        g = random.standard_normal() * 0.1
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        m_hat, v_hat = m / (1 - 0.9**t), v / (1 - 0.999**t)
        rate = 0.005 / (v_hat**0.5 + 1e-8)
        p -= rate * m_hat
        rows.append((p, g, m, v, m_hat, v_hat, rate, -rate * m_hat))
    names = ("p", "g", "m", "v", "m_hat", "v_hat", "rate", "update")
    return dict(zip(names, np.array(rows).reshape(-1, len(names)).T, strict=True))


def write(directory: Path, record: dict[str, Any]) -> Path:
    """Put `record` into a folder, with step records and parameters to match."""
    (directory / "parameters").mkdir(parents=True)
    (directory / "results.json").write_text(json.dumps(record), encoding="utf-8")
    columns: dict[str, list[Any]] = {name: [] for name in STEPS}
    problem = workloads.get(record["workload"])
    for i, one in enumerate(record["runs"]):
        for quantity, values in trace(one["steps"], seed=i).items():
            columns["label"] += [one["label"]] * len(values)
            columns["seed"] += [one["seed"]] * len(values)
            columns["step"] += range(1, len(values) + 1)
            columns["quantity"] += [quantity] * len(values)
            columns["value"] += values.tolist()
        arrays = {
            f"{layer}/{name}": array
            for layer, tensors in problem.initial(i).items()
            for name, array in tensors.items()
        }
        save_file(arrays, directory / "parameters" / f"{slug(one['label'])}.safetensors")
    pyarrow.parquet.write_table(pyarrow.table(columns), directory / "steps.parquet")
    return directory


@pytest.fixture(scope="session")
def example() -> SimpleNamespace:
    """The makers above."""
    return SimpleNamespace(run=run, comparison=comparison, write=write)


@pytest.fixture
def read(tmp_path: Path) -> Any:
    """Results made of runs, as the sentences take them."""

    def read(*runs: dict[str, Any], **changes: Any) -> Any:
        record = comparison(*runs, **changes)
        (tmp_path / "results.json").write_text(json.dumps(record), encoding="utf-8")
        pyarrow.parquet.write_table(
            pyarrow.table({name: [] for name in STEPS}),
            tmp_path / "steps.parquet",
        )
        return load(tmp_path)

    return read
