"""A whole line-up at the smallest size: its structure, what is left out, and what is not timed."""

import json
import math
import sys

import pytest

from adamas.bench import lineup as module
from adamas.bench import neighbours, plan, tutorial
from adamas.bench.contestants import read_contestants
from adamas.bench.lineup import Progress, bench
from adamas.errors import NotFoundError, OptionError


def run(works: str, contestants: str, **options):
    return list(
        bench(plan.rows("spiral", works), read_contestants(contestants), rounds=2, **options)
    )


def test_a_row_says_what_was_measured() -> None:
    heard: list[Progress] = []
    (row,) = run("adam", "limit,numpy", tell=heard.append)
    assert json.loads(json.dumps(row, allow_nan=False)) == row
    assert (row["size"], row["work"], row["tensors"], row["parameters"]) == (
        "spiral",
        "adam",
        6,
        1_185,
    )
    assert row["bytes_per_parameter"] == 28
    assert row["gradients"] == "same arrays"
    assert row["left_out"] == []
    assert {one["name"] for one in row["contestants"]} == {"adamas", "limit", "numpy"}
    times = [one["seconds"] for one in row["contestants"]]
    assert times == sorted(times)
    for one in row["contestants"]:
        assert one["rounds"] == len(one["samples"]) == 2
        low, high = one["ratio_quartiles"]
        assert low <= one["ratio"] <= high
        assert one["ns_per_parameter"] == pytest.approx(1e9 * one["seconds"] / 1_185)
        if one["name"] == "adamas":
            assert (one["ratio"], low, high) == (1.0, 1.0, 1.0)
    assert [progress.fraction for progress in heard] == sorted(p.fraction for p in heard)


@pytest.mark.parametrize("works", ["chain", "denormal", "bfloat16", "momentum"])
def test_all_kinds_of_work_run(works: str) -> None:
    (row,) = run(works, "limit,numpy")
    assert all(math.isfinite(one["seconds"]) for one in row["contestants"])
    assert {one["name"] for one in row["contestants"]} >= {"adamas", "limit"}


def test_fresh_gradients_are_said() -> None:
    (row,) = bench(plan.rows("spiral", "sgd", fresh=True), read_contestants("limit"), rounds=1)
    assert row["gradients"] == "new arrays every step"


def test_a_wrong_contestant_is_named_and_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(p, g, s, t, h):
        p -= 1.01 * h["lr"] * g

    monkeypatch.setitem(tutorial.TUTORIAL, "sgd", wrong)
    (row,) = run("sgd", "numpy")
    assert [one["name"] for one in row["contestants"]] == ["adamas"]
    (left,) = row["left_out"]
    assert left["name"] == "numpy"
    assert left["reason"].startswith("another formula")


def test_libraries_that_are_not_installed_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for library in ("jax", "optax"):
        monkeypatch.setitem(sys.modules, library, None)
    (row,) = run("sgd", "optax")
    assert row["left_out"] == [{"name": "optax", "reason": "jax and optax not installed"}]


def test_rules_without_peers_and_schedules_run_alone() -> None:
    alone, scheduled = run("schedule_free_sgd,sgd:lr=0.1*warmup(10)", "limit,numpy")
    for row in (alone, scheduled):
        assert {one["name"] for one in row["contestants"]} == {"adamas", "limit"}
        assert [one["name"] for one in row["left_out"]] == ["numpy"]


def test_what_does_not_fit_into_memory_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    room = 1_185 * (8 + 12 + 11)  # for gradients, one adam, and not all of another
    monkeypatch.setattr(module, "_free_memory", lambda: room)
    (row,) = run("adam", "numpy")
    assert row["left_out"] == [{"name": "numpy", "reason": "not enough free memory"}]
    monkeypatch.setattr(module, "_free_memory", lambda: 1_000)
    with pytest.raises(OptionError, match="does not fit into the free memory"):
        run("adam", "numpy")


def test_an_unknown_contestant_offers_the_nearest() -> None:
    with pytest.raises(NotFoundError, match=r"'torch-fuse'\. Did you mean"):
        read_contestants("torch-fuse")


def test_neighbours_are_a_fraction_or_unknown(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    share = neighbours.Neighbours().share()
    assert share is None or 0 <= share <= 1
    monkeypatch.setattr(neighbours, "STATISTICS", tmp_path / "none")
    assert neighbours.Neighbours().share() is None
