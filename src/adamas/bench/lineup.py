"""The bench: rows and contestants come in; each row is validated, set up and timed in turns."""

from __future__ import annotations

import gc
import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from adamas.bench.contestants import LIMIT, OURS, missing
from adamas.bench.data import Data, numpy_type
from adamas.bench.limit import bytes_moved
from adamas.bench.neighbours import Neighbours
from adamas.bench.results import describe_row
from adamas.bench.stepper import Contestant, Stepper
from adamas.bench.timing import first_step, interleave
from adamas.bench.validate import disagrees
from adamas.bench.work import Row
from adamas.engines import threads
from adamas.engines.choose import why_not_cpu
from adamas.errors import OptionError
from adamas.graph.program import build
from adamas.language.chain import as_rule

FRESH_SETS = 3  # of gradients, in turn: none are the arrays of the step before


@dataclass(frozen=True)
class Progress:
    """Where the bench is: the row, what it does there, and what fraction of the row is done."""

    row: int
    rows: int
    what: str
    fraction: float


Tell = Callable[[Progress], None]


def bench(
    rows: Sequence[Row],
    contestants: Sequence[Contestant],
    *,
    seconds: float = 4.0,
    rounds: int | None = None,
    least: int = 3,
    seed: int = 0,
    tell: Tell = lambda progress: None,
) -> Iterator[dict[str, Any]]:
    """Yield the result of each row as it is measured; `seconds` of turns for each."""
    verdicts: dict[tuple[str, str], str | None] = {}
    with _same_threads():
        for number, row in enumerate(rows):

            def say(what: str, fraction: float, number: int = number) -> None:
                tell(Progress(number, len(rows), what, fraction))

            entered, left_out = [], {}
            for contestant in contestants:
                say(f"checking {contestant.name}", 0.0)
                key = (contestant.name, row.work.name)
                if key not in verdicts:
                    verdicts[key] = _verdict(contestant, row)
                reason = verdicts[key]
                if reason is None:
                    entered.append(contestant)
                else:
                    left_out[contestant.name] = reason
            if OURS in left_out:
                raise OptionError(f"{row.work.name}: adamas does not agree: {left_out[OURS]}.")
            yield _measure(row, entered, left_out, say, seconds, rounds, least, seed)


def _verdict(contestant: Contestant, row: Row) -> str | None:
    """Why a contestant does not take part in some work; None where it does."""
    reason = missing(contestant, row.work)
    # The limit computes nothing that could be right.
    if reason is None and contestant.name != LIMIT:
        reason = disagrees(contestant, row.work)
    return reason


def _measure(
    row: Row,
    entered: Sequence[Contestant],
    left_out: dict[str, str],
    say: Callable[[str, float], None],
    seconds: float,
    rounds: int | None,
    least: int,
    seed: int,
) -> dict[str, Any]:
    begin = time.perf_counter()
    too_large = _too_large(row, entered, left_out)
    fitting = [one for one in entered if one.name not in too_large]
    say("making arrays", 0.05)
    scale = 0.0 if row.work.denormal else 1e-2
    sets = FRESH_SETS if row.fresh else 1
    data = Data(row.size.shapes, row.work.dtype, sets=sets, gradient_scale=scale, seed=seed)
    _touch(_needed(row, fitting))
    steppers: dict[str, Stepper] = {}
    first: dict[str, float] = {}
    for place, contestant in enumerate(fitting):
        say(f"first step of {contestant.name}", 0.1 + 0.3 * place / len(fitting))
        stepper = steppers[contestant.name] = contestant.make(row.work, data)
        first[contestant.name] = first_step(stepper)
        if row.work.denormal:
            stepper.decay()
    neighbours = Neighbours()
    samples = interleave(
        steppers,
        seconds=seconds,
        rounds=rounds,
        least=least,
        seed=seed,
        tell=lambda fraction: say("taking turns", 0.4 + 0.6 * fraction),
    )
    others = neighbours.share()
    moved = None if why_not_cpu() else bytes_moved(row.work.rule, row.work.dtype)
    steppers.clear()
    del data
    gc.collect()
    return {
        **describe_row(row, samples, first, left_out, moved),
        "other_processes": others,
        "took_seconds": time.perf_counter() - begin,
    }


def _too_large(row: Row, entered: Sequence[Contestant], left_out: dict[str, str]) -> set[str]:
    """The names of contestants for which there is no memory left; `left_out` learns why."""
    free = _free_memory()
    found: set[str] = set()
    for place, one in enumerate(entered):
        present = [other for other in entered[: place + 1] if other.name not in found]
        if _needed(row, present) > free:
            found.add(one.name)
            left_out[one.name] = "not enough free memory"
    if OURS in found:
        raise OptionError(
            f"{row.size.name} does not fit into the free memory. Measure smaller --sizes."
        )
    return found


def _needed(row: Row, contestants: Sequence[Contestant]) -> int:
    """Bytes: what all hold, gradients for two libraries, and the largest temporaries."""
    item = numpy_type(row.work.dtype).itemsize
    slots = sum(start.element for start in build(as_rule(row.work.rule)).slots.values())
    held = (item + max(4, item) * slots) * len(contestants)
    gradients = 2 * item * (FRESH_SETS if row.fresh else 1)
    temporary = max((one.extra for one in contestants), default=0)
    return row.size.parameters * (held + gradients + temporary)


def _touch(size: int) -> None:
    """Write to as much memory as will be needed, and give it back.

    Where the machine is a virtual one, memory that has never been used comes from its host, a
    hundred times slower; the first contestant would pay for it at its first step.
    """
    block = 1 << 28
    held = [np.empty(min(block, size - begin), np.uint8) for begin in range(0, size, block)]
    for one in held:
        one[::4096] = 1


def _free_memory() -> int:
    """Bytes that can be had without swapping; all there is where a system does not say."""
    information = Path("/proc/meminfo")
    if information.is_file():
        found = re.search(r"^MemAvailable:\s*(\d+) kB", information.read_text(), re.MULTILINE)
        if found:
            return 1024 * int(found[1])
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return 1 << 62


@contextmanager
def _same_threads() -> Iterator[None]:
    """Let torch use as many threads as we do, if it is there."""
    from importlib.util import find_spec

    if find_spec("torch") is None:
        yield
        return
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(threads.get_threads())
    try:
        yield
    finally:
        torch.set_num_threads(before)
