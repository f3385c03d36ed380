"""Repeating a comparison with several seeds: paired, complete, and never without what diverged."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
import pytest

from adamas import workloads
from adamas.errors import OptionError
from adamas.lab import Comparison, Progress, compare, contestants, save
from adamas.workloads import Tree

SETTINGS: dict[str, Any] = {"epochs": 1, "batch_size": 400, "seed": 3, "seeds": 3}


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return compare(workloads.get("regression"), contestants("adam,sgd:lr=0.1"), **SETTINGS)


def test_runs_of_a_rule_stand_together_in_the_order_of_seeds(comparison: Comparison) -> None:
    assert comparison.seeds == (3, 4, 5)
    found = [(run.contestant.label, run.seed) for run in comparison.runs]
    assert found == [(label, seed) for label in ("adam", "sgd") for seed in (3, 4, 5)]


def test_every_seed_is_the_comparison_with_that_seed_alone(comparison: Comparison) -> None:
    alone = compare(
        workloads.get("regression"),
        contestants("adam,sgd:lr=0.1"),
        **SETTINGS | {"seeds": 1, "seed": 4},
    )
    for one, run in zip(alone.runs, (comparison.runs[1], comparison.runs[4]), strict=True):
        assert (one.contestant.label, one.seed) == (run.contestant.label, run.seed)
        assert (one.rows, one.trace) == (run.rows, run.trace)


class Recorder:
    """A workload that keeps the minibatches it gave."""

    def __init__(self, inner: workloads.Workload):
        self.inner = inner
        self.seen: list[np.ndarray] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def loss_and_gradient(self, params: Tree, batch: Any) -> tuple[float, Tree]:
        self.seen.append(batch.inputs)
        return self.inner.loss_and_gradient(params, batch)


def test_a_seed_gives_every_rule_the_same_start_and_minibatches() -> None:
    recorder = Recorder(workloads.get("regression"))
    comparison = compare(recorder, contestants("adam,sgd"), **SETTINGS)
    starts = [run.rows[0]["loss"] for run in comparison.runs]
    assert starts[:3] == starts[3:]
    assert len(set(starts)) == 3
    steps = comparison.steps_per_epoch
    # After the one gradient that tries out the rules: adam, sgd with seed 3, and so on.
    parts = [recorder.seen[1 + i * steps : 1 + (i + 1) * steps] for i in range(6)]
    for first, second in zip(parts[::2], parts[1::2], strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    assert not np.array_equal(parts[0][0], parts[2][0])


def test_files_tell_seeds_apart(comparison: Comparison, tmp_path: Path) -> None:
    save(comparison, tmp_path / "out")
    results = json.loads((tmp_path / "out/results.json").read_text())
    assert (results["seed"], results["seeds"]) == (3, [3, 4, 5])
    assert [run["seed"] for run in results["runs"]] == [3, 4, 5] * 2
    files = [run["parameters"] for run in results["runs"]]
    assert files[:2] == ["parameters/adam-seed3.safetensors", "parameters/adam-seed4.safetensors"]
    assert all((tmp_path / "out" / file).is_file() for file in files)
    for name in ("epochs", "steps"):
        table = pyarrow.parquet.read_table(tmp_path / f"out/{name}.parquet")
        assert set(table.column("seed").to_pylist()) == {3, 4, 5}
    assert not (tmp_path / "out/paths.parquet").exists()


def test_ctrl_c_leaves_whole_pairs_first() -> None:
    def progress(now: Progress) -> None:
        if (now.run, now.epoch) == (2, 1):
            raise KeyboardInterrupt

    comparison = compare(
        workloads.get("regression"), contestants("adam,sgd"), progress=progress, **SETTINGS
    )
    assert comparison.interrupted
    found = [(run.contestant.label, run.seed) for run in comparison.runs]
    assert found == [("adam", 3), ("adam", 4), ("sgd", 3)]


def test_progress_counts_all_runs() -> None:
    told: list[Progress] = []
    compare(
        workloads.get("rosenbrock"), contestants("adam"), epochs=1, seeds=2, progress=told.append
    )
    assert [(now.seed, now.run, now.runs, now.epoch) for now in told] == [
        (0, 0, 2, 0), (0, 0, 2, 1), (1, 1, 2, 0), (1, 1, 2, 1),
    ]  # fmt: skip


def test_no_seeds_are_refused() -> None:
    with pytest.raises(OptionError, match="seeds is a whole number of at least 1; got 0"):
        compare(workloads.get("rosenbrock"), contestants("adam"), seeds=0)


def test_two_parameters_leave_their_path(tmp_path: Path) -> None:
    comparison = compare(workloads.get("quadratic"), contestants("sgd:lr=0.5"), epochs=2, seeds=2)
    run = comparison.runs[1]
    position = workloads.get("quadratic").initial(1)["position"]
    expected = [tuple(position)]
    for _ in range(20):
        position = position - 0.5 * np.array([0.01, 1.0]) * position
        expected.append(tuple(position))
    np.testing.assert_allclose(run.path, expected, rtol=1e-12)
    assert run.steps == 20
    save(comparison, tmp_path / "out")
    rows = pyarrow.parquet.read_table(tmp_path / "out/paths.parquet").to_pylist()
    own = [row for row in rows if row["seed"] == 1]
    assert [row["step"] for row in own] == list(range(21))
    assert [(row["x"], row["y"]) for row in own] == run.path
    assert run.parameters["position"].tolist() == list(run.path[-1])


def test_a_problem_without_examples_has_no_batch_size() -> None:
    assert compare(workloads.get("quadratic"), contestants("sgd"), epochs=1).batch_size is None
    with pytest.raises(OptionError, match="quadratic has no examples: leave the batch size out"):
        compare(workloads.get("quadratic"), contestants("sgd"), epochs=1, batch_size=4)


def test_a_path_that_overflows_is_recorded_as_diverged() -> None:
    run = compare(workloads.get("rosenbrock"), contestants("sgd:lr=1"), epochs=3).runs[0]
    assert run.status == "diverged"
    assert run.rows[-1]["loss"] is None
    assert len(run.path) == len(run.step_seconds) + 1
