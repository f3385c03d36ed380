"""What a comparison leaves on the disk: the schema, whole or nothing, and nobody else's files."""

import json
from pathlib import Path

import pyarrow.parquet
import pytest
from safetensors.numpy import load_file

import adamas.lab.saving
from adamas import workloads
from adamas.errors import OptionError
from adamas.lab import Comparison, compare, contestants, save


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    text = "adam,adam:lr=0.01,sgd:lr=1e30,sgd:lr=0.1*warmup(3)"
    return compare(workloads.get("digits"), contestants(text), epochs=2, batch_size=400, seed=1)


def test_results_json_has_the_schema_that_others_read(comparison, tmp_path: Path) -> None:
    save(comparison, tmp_path / "out", command="adamas compare digits")
    results = json.loads((tmp_path / "out/results.json").read_text())
    assert set(results) >= {"title", "machine", "interrupted"}
    assert results["workload"] == "digits"
    assert (results["seed"], results["epochs"], results["batch_size"]) == (1, 2, 400)
    assert results["steps_per_epoch"] == 4
    assert set(results["versions"]) == {"adamas", "numpy", "python"}
    assert results["watch"] == {"parameter": "hidden1/weight", "index": [20, 4]}
    assert results["target"] == {"metric": "test_accuracy", "value": 0.97}
    assert results["command"] == "adamas compare digits"
    metrics = {"loss", "accuracy", "test_loss", "test_accuracy"}
    for run in results["runs"]:
        for row in run["epochs"]:
            assert set(row) == metrics | {"epoch", "steps", "grad_norm", "mean_update"}
        assert [row["epoch"] for row in run["epochs"]] == list(range(len(run["epochs"])))
        assert run["epochs"][0]["grad_norm"] is None
        assert set(run["best"]) == metrics | {f"{metric}_epoch" for metric in metrics}
        assert run["seconds"] > 0 < run["seconds_per_step"]
        assert (tmp_path / "out" / run["parameters"]).is_file()
    plain, _, wild, scheduled = results["runs"]
    assert plain["label"] == "adam lr=0.001"
    assert plain["rule"] == "adam"
    assert plain["hyperparameters"] == {"lr": 0.001, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8}
    assert (plain["status"], plain["steps"]) == ("finished", 8)
    assert wild["status"] == "diverged"
    assert isinstance(scheduled["hyperparameters"]["lr"], str)


def test_parquet_holds_the_same_numbers(comparison, tmp_path: Path) -> None:
    save(comparison, tmp_path / "out")
    epochs = pyarrow.parquet.read_table(tmp_path / "out/epochs.parquet").to_pylist()
    expected = [
        {"label": run.contestant.label, "rule": run.contestant.source, "seed": 1, **row}
        for run in comparison.runs
        for row in run.rows
    ]
    assert epochs == expected
    steps = pyarrow.parquet.read_table(tmp_path / "out/steps.parquet")
    assert steps.column_names == ["label", "rule", "seed", "step", "quantity", "value"]
    assert str(steps.schema.field("value").type) == "double"
    rows = steps.to_pylist()
    for run in comparison.runs:
        own = [row for row in rows if row["label"] == run.contestant.label]
        for quantity, (numbers, values) in run.trace.items():
            found = [(r["step"], r["value"]) for r in own if r["quantity"] == quantity]
            assert found == list(zip(numbers, values, strict=True))


def test_parameters_are_named_by_their_paths(comparison, tmp_path: Path) -> None:
    save(comparison, tmp_path / "out")
    names = sorted(path.name for path in (tmp_path / "out/parameters").iterdir())
    assert names[0] == "adam-lr=0.001.safetensors"
    loaded = load_file(tmp_path / "out/parameters" / names[0])
    assert set(loaded) == set(comparison.runs[0].parameters)
    for name, array in loaded.items():
        assert (array == comparison.runs[0].parameters[name]).all()


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_an_existing_folder_needs_force(comparison, tmp_path: Path) -> None:
    save(comparison, tmp_path / "out", command="first")
    before = snapshot(tmp_path)
    with pytest.raises(OptionError, match="--force"):
        save(comparison, tmp_path / "out", command="second")
    assert snapshot(tmp_path) == before
    save(comparison, tmp_path / "out", command="second", force=True)
    assert json.loads((tmp_path / "out/results.json").read_text())["command"] == "second"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_force_removes_nothing_that_no_comparison_wrote(comparison, tmp_path: Path) -> None:
    save(comparison, tmp_path / "out")
    (tmp_path / "out/thesis.tex").write_text("years of work")
    before = snapshot(tmp_path)
    with pytest.raises(OptionError, match=r"thesis\.tex"):
        save(comparison, tmp_path / "out", force=True)
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize("force", [False, True])
def test_a_failure_while_writing_changes_nothing(
    comparison, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, force: bool
) -> None:
    if force:
        save(comparison, tmp_path / "out")
    before = snapshot(tmp_path)

    def fail(*arguments: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(adamas.lab.saving, "_write_steps", fail)
    with pytest.raises(OSError, match="no space"):
        save(comparison, tmp_path / "out", force=force)
    assert snapshot(tmp_path) == before
    assert [path.name for path in tmp_path.iterdir()] == (["out"] if force else [])


def test_a_failure_while_renaming_brings_the_old_folder_back(
    comparison, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(comparison, tmp_path / "out")
    before = snapshot(tmp_path)
    replace = adamas.lab.saving.os.replace
    calls = []

    def fail_second(source: Path, target: Path) -> None:
        calls.append(target)
        if len(calls) == 2:
            raise OSError("the disk is gone for a moment")
        replace(source, target)

    monkeypatch.setattr(adamas.lab.saving.os, "replace", fail_second)
    with pytest.raises(OSError, match="disk"):
        save(comparison, tmp_path / "out", force=True)
    assert snapshot(tmp_path) == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
