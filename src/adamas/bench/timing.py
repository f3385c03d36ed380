"""Timing: contestants take turns in one run, in a new order each round; seconds per step come out.

Machines change speed within seconds, and neighbours come and go. So nobody is timed alone: within a
round all have their turn, and what is reported is the ratio to us within the same round.
"""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from adamas.bench.stepper import Stepper

# A turn of quick steps lasts this long, so that a switch of thread in it does not count for much.
TURN = 0.02
# Between turns: the threads of the one before spin for a while in case there is more to do.
REST = 0.003
WARM_UP = 2


@dataclass
class Samples:
    """The seconds per step of one contestant, by round; `steps` are those of a turn."""

    steps: int
    rounds: dict[int, float] = field(default_factory=dict)
    spent: float = 0.0


def interleave(
    steppers: Mapping[str, Stepper],
    *,
    seconds: float,
    rounds: int | None = None,
    least: int = 3,
    seed: int = 0,
    tell: Callable[[float], None] = lambda fraction: None,
) -> dict[str, Samples]:
    """Time all steppers for about `seconds`, or for a number of rounds.

    Each has an equal share of the time; one that has used up its share sits out, but not before it
    had `least` turns. `tell` hears what fraction is done.
    """
    with _no_collections():
        found = {name: _warm_up(stepper) for name, stepper in steppers.items()}
        share = seconds / len(steppers)
        shuffle = random.Random(seed)
        number = 0
        while True:
            playing = [
                name
                for name, sample in found.items()
                if (number < rounds if rounds else number < least or sample.spent < share)
            ]
            if not playing:
                return found
            shuffle.shuffle(playing)
            for name in playing:
                _turn(steppers[name], found[name], number)
            number += 1
            used = sum(min(sample.spent, share) for sample in found.values())
            tell(min(1.0, number / rounds if rounds else used / seconds))


def first_step(stepper: Stepper) -> float:
    """The seconds of a stepper's first step: buffers are made, functions compiled."""
    stepper.next()
    start = time.perf_counter()
    stepper.step()
    return time.perf_counter() - start


def _warm_up(stepper: Stepper) -> Samples:
    times = []
    for _ in range(WARM_UP):
        stepper.next()
        start = time.perf_counter()
        stepper.step()
        times.append(time.perf_counter() - start)
        if times[-1] > 0.25:
            break
    return Samples(max(1, min(2000, int(TURN / max(min(times), 1e-7)))))


def _turn(stepper: Stepper, samples: Samples, number: int) -> None:
    time.sleep(REST)
    begin = time.perf_counter()
    # Bring its arrays and code back into the caches, where they are in a training loop.
    for _ in range(samples.steps // 10 + 1 if samples.steps > 1 else 0):
        stepper.next()
        stepper.step()
    total = 0.0
    for _ in range(samples.steps):
        stepper.next()
        start = time.perf_counter()
        stepper.step()
        total += time.perf_counter() - start
    samples.rounds[number] = total / samples.steps
    samples.spent += time.perf_counter() - begin


@contextmanager
def _no_collections() -> Iterator[None]:
    """One contestant must not pay for another's garbage."""
    gc.collect()
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
