"""Environment: the machine and the versions that a measurement is worth nothing without."""

from __future__ import annotations

import os
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from adamas.engines import threads
from adamas.lab.summary import processor
from adamas.lab.summary import versions as own_versions

LIBRARIES = ("llvmlite", "torch", "jax", "optax", "keras", "ml_dtypes")


def environment() -> dict[str, Any]:
    """Processor, cores, threads, and the version of every library that could take part."""
    return {
        "machine": {"processor": processor(), "cores": os.cpu_count()},
        "threads": threads.get_threads(),
        "versions": {**own_versions(), **_installed()},
    }


def _installed() -> dict[str, str]:
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
