"""Writes a comparison into a folder, all at once: JSON, Parquet and the final parameters.

results.json     settings, versions, and every run with its epochs and figures
epochs.parquet   one row for each run and epoch
steps.parquet    one row for each run, step and named quantity, at the watched coordinate
paths.parquet    where two parameters were at every step, for a workload with a landscape
parameters/      one safetensors file for each run, named by tree path ("hidden1/weight")
"""

import json
import os
import shutil
from pathlib import Path
from typing import Any

from adamas.errors import OptionError
from adamas.lab.comparison import Comparison
from adamas.lab.summary import slugs, summary

# What a comparison and its report put into their folder. Nothing else is ever removed.
OWN = (
    *("results.json", "epochs.parquet", "steps.parquet", "paths.parquet"),
    *("parameters", "figures", "report.html"),
)


def save(
    comparison: Comparison, directory: str | Path, *, force: bool = False, command: str = ""
) -> Path:
    """Write `comparison` into a new folder, whole or not at all, and return its path.

    `force` replaces the folder of an earlier comparison. `command` is the line that repeats this
    one. Raises `OptionError`, with nothing changed, where something else is in the way.
    """
    directory = Path(directory)
    refuse_to_overwrite(directory, force=force)
    if not comparison.runs:
        raise OptionError("no epoch was finished, so there is nothing to save.")
    directory.parent.mkdir(parents=True, exist_ok=True)
    # Written beside its place and then renamed: a reader never sees half of it.
    fresh, old = (_beside(directory, word) for word in ("new", "old"))
    fresh.mkdir()
    try:
        _write(comparison, fresh, command)
        if directory.exists():
            os.replace(directory, old)
        os.replace(fresh, directory)
    except BaseException:
        if old.exists() and not directory.exists():
            os.replace(old, directory)
        raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)
    return directory


def refuse_to_overwrite(directory: str | Path, *, force: bool) -> None:
    """Raise `OptionError` if `save` would not write into `directory`."""
    directory = Path(directory)
    if not directory.exists():
        return
    if not directory.is_dir():
        raise OptionError(f"{directory} is a file; give a folder that does not exist yet.")
    strangers = sorted(path.name for path in directory.iterdir() if path.name not in OWN)
    if strangers:
        raise OptionError(
            f"{directory} holds '{strangers[0]}', which no comparison wrote: it is left alone. "
            f"Give another folder with --out."
        )
    if not force:
        raise OptionError(
            f"{directory} exists and is left alone. Give --force to replace it, "
            f"or another folder with --out."
        )


def _beside(directory: Path, word: str) -> Path:
    return directory.parent / f".{directory.name}.{os.getpid()}.{word}"


def _write(comparison: Comparison, directory: Path, command: str) -> None:
    from safetensors.numpy import save_file

    text = json.dumps(summary(comparison, command), indent=2, allow_nan=False)
    (directory / "results.json").write_text(text + "\n", encoding="utf-8")
    _write_epochs(comparison, directory / "epochs.parquet")
    _write_steps(comparison, directory / "steps.parquet")
    if any(run.path for run in comparison.runs):
        _write_paths(comparison, directory / "paths.parquet")
    (directory / "parameters").mkdir()
    for run, slug in zip(comparison.runs, slugs(comparison), strict=True):
        save_file(run.parameters, directory / "parameters" / f"{slug}.safetensors")


def _write_epochs(comparison: Comparison, path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    rows = [
        {"label": run.contestant.label, "rule": run.contestant.source, "seed": run.seed, **row}
        for run in comparison.runs
        for row in run.rows
    ]
    text, whole = ("label", "rule"), ("seed", "epoch", "steps")
    types = {name: pyarrow.string() for name in text} | {name: pyarrow.int64() for name in whole}
    fields = [(name, types.get(name, pyarrow.float64())) for name in rows[0]]
    table = pyarrow.Table.from_pylist(rows, pyarrow.schema(fields))
    pyarrow.parquet.write_table(table, path, compression="zstd")


def _write_steps(comparison: Comparison, path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    schema = pyarrow.schema(
        [
            ("label", pyarrow.string()),
            ("rule", pyarrow.string()),
            ("seed", pyarrow.int64()),
            ("step", pyarrow.int64()),
            ("quantity", pyarrow.string()),
            ("value", pyarrow.float64()),
        ]
    )
    columns: dict[str, list[Any]] = {name: [] for name in schema.names}
    for run in comparison.runs:
        for quantity, (steps, values) in run.trace.items():
            columns["label"] += [run.contestant.label] * len(steps)
            columns["rule"] += [run.contestant.source] * len(steps)
            columns["seed"] += [run.seed] * len(steps)
            columns["step"] += steps
            columns["quantity"] += [quantity] * len(steps)
            columns["value"] += values
    pyarrow.parquet.write_table(pyarrow.table(columns, schema), path, compression="zstd")


def _write_paths(comparison: Comparison, path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    rows = [
        {
            "label": run.contestant.label,
            "rule": run.contestant.source,
            "seed": run.seed,
            "step": step,  # 0 is the start
            "x": x,
            "y": y,
        }
        for run in comparison.runs
        for step, (x, y) in enumerate(run.path)
    ]
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path, compression="zstd")
