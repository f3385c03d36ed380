"""Threads: how many a step may use, and the pool that helps whoever steps a large model."""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

from adamas.errors import OptionError

_chosen: int | None = None


def set_threads(count: int | None) -> None:
    """Let a step use `count` threads; None for the default: `ADAMAS_THREADS`, else all cores.

    Results do not depend on it.
    """
    global _chosen
    if count is not None and (not isinstance(count, int) or isinstance(count, bool) or count < 1):
        raise OptionError(f"threads are a whole number of at least 1, or None; got {count!r}.")
    _chosen = count


def get_threads() -> int:
    """How many threads a step may use."""
    return _chosen if _chosen is not None else _default()


@functools.cache
def _default() -> int:
    text = os.environ.get("ADAMAS_THREADS", "").strip()
    if text:
        if not text.isdigit() or int(text) < 1:
            raise OptionError(f"ADAMAS_THREADS is a whole number of at least 1; got {text!r}.")
        return int(text)
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1


class Pool:
    """Daemon threads that call what is put before them; it must be safe to begin late or never."""

    def __init__(self) -> None:
        self.tasks: SimpleQueue[Callable[[], Any]] = SimpleQueue()
        self.threads: list[threading.Thread] = []
        self.lock = threading.Lock()

    def call(self, task: Callable[[], Any], times: int) -> None:
        """Have up to `times` threads call `task`; returns at once."""
        if len(self.threads) < times:
            self._grow(times)
        for _ in range(times):
            self.tasks.put(task)

    def _grow(self, count: int) -> None:
        with self.lock:
            while len(self.threads) < count:
                name = f"adamas-{len(self.threads) + 1}"
                thread = threading.Thread(target=self._serve, name=name, daemon=True)
                thread.start()
                self.threads.append(thread)

    def _serve(self) -> None:
        while True:
            task = self.tasks.get()
            task()
            del task  # what it holds on to must not live until the next one comes


_pool = Pool()


def pool() -> Pool:
    """The process's pool."""
    return _pool


def _forget() -> None:
    """A forked child has none of its parent's threads: begin with an empty pool."""
    global _pool
    _pool = Pool()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
