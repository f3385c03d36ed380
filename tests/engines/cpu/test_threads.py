"""Threads, forks and process pools: safe, and without influence on any result."""

from __future__ import annotations

import concurrent.futures
import ctypes
import multiprocessing
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import adamas
from adamas import chain, rules
from adamas.engines import threads
from adamas.errors import OptionError
from adamas.numpy import Optimizer
from tests.helpers.steps import assert_same

SIZE = 300_000  # enough for every thread to get a share
RULE = chain(rules.clip_global_norm(0.5), rules.adam(1e-2), rules.average(0.9))


@pytest.fixture(autouse=True)
def _threads() -> Iterator[None]:
    yield
    adamas.set_threads(None)


def trained(steps: int = 3, seed: int = 0) -> Any:
    rng = np.random.default_rng(seed)
    params = [rng.standard_normal(SIZE).astype(np.float32), rng.standard_normal(7)]
    optimizer = Optimizer(RULE, params)
    for _ in range(steps):
        optimizer.step([rng.standard_normal(p.shape).astype(p.dtype) for p in params])
    return params


def test_results_do_not_depend_on_the_number_of_threads() -> None:
    results = []
    for count in (1, 2, 3, 8):
        adamas.set_threads(count)
        results.append(trained())
    for other in results[1:]:
        assert_same(other, results[0])


def test_two_optimizers_stepped_from_two_python_threads() -> None:
    adamas.set_threads(2)
    expected = [trained(20, seed) for seed in (1, 2, 3)]
    found: dict[int, Any] = {}
    work = [
        threading.Thread(target=lambda s=seed: found.update({s: trained(20, s)}))
        for seed in (1, 2, 3)
    ]
    for thread in work:
        thread.start()
    for thread in work:
        thread.join()
    for seed, params in zip((1, 2, 3), expected, strict=True):
        assert_same(found[seed], params)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_stepping_after_a_fork() -> None:
    """The child has none of its parent's threads and starts its own.

    In a process of its own: this one may hold threads of other libraries that must not be forked.
    """
    script = """
import os
import numpy as np, adamas
from adamas import rules
from adamas.numpy import Optimizer
adamas.set_threads(2)
params = [np.ones(300_000, np.float32)]
optimizer = Optimizer(rules.adam(0.1), params)
optimizer.step([np.ones(300_000, np.float32)])
child = os.fork()
optimizer.step([np.ones(300_000, np.float32)])
right = bool(np.allclose(params[0], 0.8, atol=1e-5))
if child == 0:
    os._exit(0 if right else 1)
_, status = os.waitpid(child, 0)
assert right and status == 0, (right, status)
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_use_inside_a_process_pool(method: str) -> None:
    context = multiprocessing.get_context(method)
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as workers:
        found = list(workers.map(trained, (2, 2), (5, 6)))
    assert_same(found[0], trained(2, 5))
    assert_same(found[1], trained(2, 6))


def test_an_optimizer_can_be_dropped_while_helpers_are_late() -> None:
    adamas.set_threads(4)
    for seed in range(30):
        trained(1, seed)


def _mode() -> int:
    """This thread's floating-point mode, as C sees it (x86's MXCSR through fegetenv)."""
    environment = (ctypes.c_uint32 * 16)()
    ctypes.CDLL(None).fegetenv(ctypes.byref(environment))
    return int(environment[7]) & ~0x3F  # the lowest bits only tell what has happened


@pytest.mark.skipif(sys.platform != "linux", reason="reads the mode through glibc")
def test_the_callers_floating_point_mode_is_restored() -> None:
    before = _mode()
    adamas.set_threads(2)
    for size in (10, SIZE):
        param = np.ones(size, np.float32)
        Optimizer(rules.adam(0.1), [param]).step([np.full(size, 1e-42, np.float32)])
        assert _mode() == before
    tiny = np.float32(1e-40)
    assert tiny / np.float32(2) > 0, "denormals are numbers again outside"


def test_denormals_are_zero_inside() -> None:
    param = np.zeros(100, np.float32)
    optimizer = Optimizer(rules.momentum(lr=1.0, momentum=0.5), [param])
    optimizer.step([np.full(100, 2e-38, np.float32)])
    for _ in range(3):
        optimizer.step([np.zeros(100, np.float32)])
    assert not optimizer.state["b"][0].any(), "the buffer decays to zero and not into denormals"


@pytest.mark.parametrize("wrong", [0, -1, 1.5, "2", True])
def test_bad_numbers_of_threads(wrong: Any) -> None:
    with pytest.raises(OptionError, match="whole number of at least 1"):
        adamas.set_threads(wrong)


def test_the_environment_sets_the_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    for text, expected in (("3", 3), ("", threads._default.__wrapped__())):
        monkeypatch.setenv("ADAMAS_THREADS", text)
        threads._default.cache_clear()
        assert adamas.get_threads() == expected
    monkeypatch.setenv("ADAMAS_THREADS", "many")
    threads._default.cache_clear()
    with pytest.raises(OptionError, match="ADAMAS_THREADS"):
        adamas.get_threads()
    monkeypatch.undo()
    threads._default.cache_clear()
