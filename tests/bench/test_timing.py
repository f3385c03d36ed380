"""Turns: everybody has as many as it should, in mixed orders; no speed is ever asserted."""

import gc
import time

import pytest

from adamas.bench.results import quartiles
from adamas.bench.timing import first_step, interleave


class Fake:
    """A stepper that sleeps, and writes down when it was called."""

    def __init__(self, name: str, log: list[str], seconds: float = 0.0):
        self.name, self.log, self.seconds = name, log, seconds
        self.turned = 0
        self.steps = 0

    def next(self) -> None:
        self.turned += 1

    def step(self) -> None:
        assert self.turned == self.steps + 1, "gradients are turned to before each step"
        assert not gc.isenabled() or not self.log
        self.steps += 1
        self.log.append(self.name)
        time.sleep(self.seconds)

    def parameters(self) -> list:
        return []

    def decay(self) -> None:
        pass


def test_all_take_every_round_in_changing_order() -> None:
    log: list[str] = []
    steppers = {name: Fake(name, log, 0.025) for name in "abc"}
    samples = interleave(steppers, seconds=1, rounds=6)
    assert {name: list(sample.rounds) for name, sample in samples.items()} == {
        name: [0, 1, 2, 3, 4, 5] for name in "abc"
    }
    orders = {"".join(log[-3 * i - 3 : len(log) - 3 * i]) for i in range(6)}
    assert all(sorted(order) == ["a", "b", "c"] for order in orders)
    assert len(orders) > 1
    assert gc.isenabled()


def test_the_slow_sit_out_but_not_before_their_turns() -> None:
    log: list[str] = []
    steppers = {"slow": Fake("slow", log, 0.05), "fast": Fake("fast", log)}
    heard: list[float] = []
    samples = interleave(steppers, seconds=0.2, least=3, tell=heard.append)
    assert len(samples["slow"].rounds) == 3
    assert len(samples["fast"].rounds) >= 3
    assert samples["slow"].steps == 1
    assert samples["fast"].steps > 1
    assert heard == sorted(heard)
    assert heard[-1] <= 1.0


def test_the_first_step_is_timed_alone() -> None:
    stepper = Fake("a", [], 0.01)
    assert first_step(stepper) >= 0.01
    assert stepper.steps == 1


@pytest.mark.parametrize(
    ("values", "expected"), [([3.0], [3.0, 3.0]), ([1.0, 2.0, 3.0, 4.0, 5.0], [2.0, 4.0])]
)
def test_quartiles(values: list[float], expected: list[float]) -> None:
    assert quartiles(values) == expected
