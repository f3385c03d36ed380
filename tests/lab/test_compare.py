"""The laboratory: fairness, what is measured, and runs that end early."""

import json
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import adamas.numpy
from adamas import rules, workloads
from adamas.errors import NotFoundError, OptionError
from adamas.lab import Comparison, Contestant, Progress, compare, contestants
from adamas.lab.summary import summary
from adamas.workloads import Tree, leaves

SETTINGS: dict[str, Any] = {"epochs": 2, "batch_size": 500, "seed": 3}


@pytest.fixture(scope="module")
def spiral() -> workloads.Workload:
    return workloads.get("spiral")


def figures(comparison: Comparison) -> list[dict[str, Any]]:
    return summary(comparison)["runs"]


class Recorder:
    """A workload that keeps every minibatch and loss it gave, and can be told to give others."""

    def __init__(self, inner: workloads.Workload, losses: Iterator[float] | None = None):
        self.inner = inner
        self.losses = losses
        self.seen: list[tuple[Any, float]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def loss_and_gradient(self, params: Tree, batch: Any) -> tuple[float, Tree]:
        loss, gradient = self.inner.loss_and_gradient(params, batch)
        self.seen.append((batch.inputs, loss))
        return (loss if self.losses is None else next(self.losses)), gradient


def test_every_rule_sees_the_same_start_and_the_same_minibatches(spiral) -> None:
    recorder = Recorder(spiral)
    names = list(rules.BOOK)
    comparison = compare(recorder, contestants(names), **SETTINGS)
    steps = 2 * comparison.steps_per_epoch
    # Before the runs, one gradient is taken to try out every rule.
    seen = recorder.seen[1:]
    assert len(seen) == steps * len(names)
    first = seen[:steps]
    for number in range(len(names)):
        run = seen[number * steps : (number + 1) * steps]
        assert run[0][1] == first[0][1]
        for (inputs, _), (expected, _) in zip(run, first, strict=True):
            np.testing.assert_array_equal(inputs, expected)
    assert len({json.dumps(run["epochs"][0]) for run in figures(comparison)}) == 1
    assert len({json.dumps(run["final"]) for run in figures(comparison)}) == len(names)


def test_the_same_seed_gives_the_same_numbers(spiral) -> None:
    first, second, other = (
        compare(spiral, contestants("adam"), **{**SETTINGS, "seed": seed}).runs[0]
        for seed in (3, 3, 4)
    )
    assert first.rows == second.rows
    assert first.trace == second.trace
    assert first.rows != other.rows


def test_the_records_are_those_of_a_loop_written_by_hand(spiral) -> None:
    run = compare(spiral, contestants("adam:lr=0.005"), **SETTINGS).runs[0]
    params = spiral.initial(3)
    optimizer = adamas.numpy.Optimizer(rules.adam(lr=0.005), params)
    path, index = spiral.watch
    steps = 0
    for epoch in (1, 2):
        norms, updates = [], []
        for batch in spiral.minibatches(3, epoch, 500):
            _, gradient = spiral.loss_and_gradient(params, batch)
            before = {name: array.copy() for name, array in leaves(params).items()}
            watched = optimizer.inspect(gradient, path, index)
            optimizer.step(gradient)
            assert {name: values[steps] for name, (_, values) in run.trace.items()} == watched
            # What inspect foretells in float64 is what the step did in float32.
            assert leaves(params)[path][index] == pytest.approx(watched["p"], rel=1e-6)
            steps += 1
            norms.append(
                math.sqrt(sum((g.astype(float) ** 2).sum() for g in leaves(gradient).values()))
            )
            moved = [np.abs(a - before[name]).ravel() for name, a in leaves(params).items()]
            updates.append(float(np.concatenate(moved).mean()))
        row = run.rows[epoch]
        assert row["steps"] == steps
        assert row["grad_norm"] == pytest.approx(np.mean(norms), rel=1e-6)
        assert row["mean_update"] == pytest.approx(np.mean(updates), rel=1e-5)
        assert row["loss"] == spiral.evaluate(params)["loss"]
    for name, array in leaves(params).items():
        np.testing.assert_array_equal(run.parameters[name], array)
    assert set(run.trace) >= {"g", "m", "v", "m_hat", "v_hat", "rate", "p"}
    assert len(run.step_seconds) == steps


def test_rules_with_evaluation_weights_are_judged_by_them(spiral) -> None:
    run = compare(spiral, contestants("schedule_free_sgd:lr=0.5"), **SETTINGS).runs[0]
    optimizer = adamas.numpy.Optimizer(rules.schedule_free_sgd(lr=0.5), params := spiral.initial(3))
    for epoch in (1, 2):
        for batch in spiral.minibatches(3, epoch, 500):
            optimizer.step(spiral.loss_and_gradient(params, batch)[1])
    assert run.rows[-1]["loss"] != spiral.evaluate(params)["loss"]
    with optimizer.evaluating():
        assert run.rows[-1]["loss"] == spiral.evaluate(params)["loss"]
        for name, array in leaves(params).items():
            np.testing.assert_array_equal(run.parameters[name], array)


def test_best_final_and_the_way_to_the_target(spiral) -> None:
    comparison = compare(
        spiral, contestants("adam:lr=0.02,sgd:lr=1e-9"), epochs=8, target=("loss", 0.6)
    )
    fast, slow = figures(comparison)
    losses = [row["loss"] for row in fast["epochs"]]
    assert fast["final"] == fast["epochs"][-1]
    assert fast["best"]["loss"] == min(losses)
    assert fast["best"]["loss_epoch"] == losses.index(min(losses))
    epoch = next(i for i, loss in enumerate(losses) if loss <= 0.6)
    assert fast["reached"]["epoch"] == epoch
    assert fast["reached"]["steps"] == 32 * epoch
    assert 0 < fast["reached"]["seconds"] <= fast["seconds"]
    assert slow["reached"] is None
    assert fast["steps"] == 256


def test_a_loss_that_is_not_finite_ends_the_run_and_not_the_others(spiral) -> None:
    comparison = compare(spiral, contestants("sgd:lr=1e30,adam"), **SETTINGS)
    wild, tame = figures(comparison)
    assert (wild["status"], tame["status"]) == ("diverged", "finished")
    assert wild["final"]["loss"] is None
    assert wild["final"]["accuracy"] is None
    assert wild["best"]["loss_epoch"] == 0
    assert wild["steps"] < tame["steps"]
    assert not comparison.interrupted
    json.dumps(wild, allow_nan=False)


def test_a_gradient_that_is_not_finite_is_not_stepped(spiral) -> None:
    losses = iter([0.7, 0.7, math.nan])
    run = compare(Recorder(spiral, losses), contestants("adam"), **SETTINGS).runs[0]
    # One of the losses went to trying the rule out; one step was taken.
    assert (run.status, run.steps) == ("diverged", 1)
    assert [steps for steps, _ in run.trace.values()] == [[1]] * len(run.trace)


@pytest.mark.parametrize("at", [(0, 1), (1, 0), (1, 1), (1, 2)])
def test_ctrl_c_keeps_what_is_finished(spiral, at: tuple[int, int]) -> None:
    told: list[Progress] = []

    def progress(now: Progress) -> None:
        told.append(now)
        if (now.run, now.epoch) == at:
            raise KeyboardInterrupt

    comparison = compare(spiral, contestants("sgd,adam,lion"), progress=progress, **SETTINGS)
    assert comparison.interrupted
    expected = {
        (0, 1): [("interrupted", 1)],
        (1, 0): [("finished", 2)],  # a run without a finished epoch is left out
        (1, 1): [("finished", 2), ("interrupted", 1)],
        (1, 2): [("finished", 2), ("finished", 2)],
    }[at]
    assert [(run.status, len(run.rows) - 1) for run in comparison.runs] == expected
    assert told[0] == Progress("sgd", 3, 0, 3, 0, 2, comparison.runs[0].rows[0]["loss"])


def test_ctrl_c_within_an_epoch_forgets_that_epoch(spiral) -> None:
    def losses() -> Iterator[float]:
        yield from [0.7] * 6
        raise KeyboardInterrupt

    run = compare(Recorder(spiral, losses()), contestants("adam"), **SETTINGS).runs[0]
    whole = compare(spiral, contestants("adam"), **{**SETTINGS, "epochs": 1}).runs[0]
    assert run.status == "interrupted"
    assert (run.rows, run.trace) == (whole.rows, whole.trace)
    assert len(run.step_seconds) == 4
    for name, array in whole.parameters.items():
        np.testing.assert_array_equal(run.parameters[name], array)


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"epochs": 0}, OptionError, "epochs is a whole number of at least 1; got 0"),
        ({"watch": ("hidden1/wait", (0, 0))}, NotFoundError, "Did you mean 'hidden1/weight'"),
        ({"watch": ("hidden1/bias", (-1,))}, OptionError, r"shape \(32,\)"),
        ({"target": ("acc", 0.9)}, NotFoundError, "does not measure 'acc'"),
    ],
)
def test_a_setting_without_meaning_is_refused(spiral, settings, error, words: str) -> None:
    with pytest.raises(error, match=words):
        compare(spiral, contestants("adam"), **settings)


def test_nothing_to_compare_is_refused(spiral) -> None:
    with pytest.raises(OptionError, match="at least one rule"):
        compare(spiral, [])


def test_contestants_can_be_made_by_hand(spiral) -> None:
    chained = adamas.chain(rules.clip_global_norm(0.1), rules.sgd(lr=0.1))
    run = compare(spiral, [Contestant("clipped", chained, "clipped")], **SETTINGS).runs[0]
    assert run.status == "finished"
    assert (np.asarray(run.trace["g"][1]) != 0).any()
