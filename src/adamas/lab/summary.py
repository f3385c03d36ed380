"""What results.json says: a comparison comes in, plain dicts, lists and finite numbers go out."""

import math
import os
import platform
import re
import statistics
from pathlib import Path
from typing import Any

import numpy as np

from adamas.lab.comparison import Comparison
from adamas.lab.training import Run

NOT_METRICS = ("epoch", "steps", "grad_norm", "mean_update")


def summary(comparison: Comparison, command: str = "") -> dict[str, Any]:
    """Return the contents of results.json; `command` is the line that repeats the comparison."""
    metric, value = comparison.target
    parameter, index = comparison.watch
    return {
        "workload": comparison.workload.name,
        "title": comparison.workload.title,
        "seed": comparison.seed,
        "seeds": list(comparison.seeds),
        "epochs": comparison.epochs,
        "batch_size": comparison.batch_size,
        "steps_per_epoch": comparison.steps_per_epoch,
        "interrupted": comparison.interrupted,
        "versions": versions(),
        "machine": {"processor": processor(), "cores": os.cpu_count()},
        "command": command,
        "watch": {"parameter": parameter, "index": list(index)},
        "target": {"metric": metric, "value": value},
        "runs": [
            {**_run(run, metric, value), "parameters": f"parameters/{slug}.safetensors"}
            for run, slug in zip(comparison.runs, slugs(comparison), strict=True)
        ],
    }


def versions() -> dict[str, str]:
    """Return the versions of what computed the numbers."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        own = version("adamas")
    except PackageNotFoundError:  # run from a source tree that is not installed
        own = "unknown"
    return {"adamas": own, "numpy": np.__version__, "python": platform.python_version()}


def slugs(comparison: Comparison) -> list[str]:
    """Return the runs' labels as names of files, each of them once."""
    found: list[str] = []
    for run in comparison.runs:
        slug = re.sub(r"[^A-Za-z0-9._=-]+", "-", run.contestant.label).strip("-.") or "run"
        if len(comparison.seeds) > 1:
            slug += f"-seed{run.seed}"
        while slug in found:
            slug += "-2"
        found.append(slug)
    return found


def better(metric: str, value: float, than: float) -> bool:
    """Return whether `value` of `metric` is better: high for accuracies, low for all else."""
    return value > than if "accuracy" in metric else value < than


def _run(run: Run, metric: str, target: float) -> dict[str, Any]:
    from adamas.graph.text import render

    rule = run.contestant.rule
    return {
        "label": run.contestant.label,
        "rule": run.contestant.source,
        # Kept as text, so that a page can show a rule whose file is no longer there.
        "summary": rule.summary,
        "mathematics": render(rule, "math"),
        "hyperparameters": {
            name: value if isinstance(value, float) else str(value)
            for name, value in rule.values.items()
        },
        "seed": run.seed,
        "status": run.status,
        "steps": run.steps,
        "epochs": run.rows,
        "final": run.rows[-1],
        "best": _best(run),
        "reached": _reached(run, metric, target),
        "seconds": sum(run.step_seconds),
        "seconds_per_step": statistics.median(run.step_seconds) if run.step_seconds else None,
    }


def _best(run: Run) -> dict[str, float]:
    """Return every metric's best value and the first epoch that had it."""
    best: dict[str, float] = {}
    for row in run.rows:
        for metric, value in row.items():
            if metric in NOT_METRICS or value is None:
                continue
            if metric not in best or better(metric, value, best[metric]):
                best |= {metric: value, f"{metric}_epoch": int(row["epoch"] or 0)}
    return best


def _reached(run: Run, metric: str, target: float) -> dict[str, float] | None:
    """Return the first epoch at whose end the target was reached, with steps and seconds to it."""
    for row in run.rows:
        value = row[metric]
        if value is not None and (value == target or better(metric, value, target)):
            steps = int(row["steps"] or 0)
            seconds = math.fsum(run.step_seconds[:steps])
            return {"epoch": int(row["epoch"] or 0), "steps": steps, "seconds": seconds}
    return None


def processor() -> str:
    """Return the processor's name as it calls itself."""
    information = Path("/proc/cpuinfo")
    if information.is_file():
        found = re.search(r"^model name\s*:\s*(.+)$", information.read_text(), re.MULTILINE)
        if found:
            return found[1]
    return platform.processor() or platform.machine()
