"""Who takes part: the registry of contestants, and which of them are here."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec

from adamas.bench import with_jax, with_numpy, with_torch
from adamas.bench.limit import limit_of
from adamas.bench.stepper import Contestant
from adamas.bench.work import Work
from adamas.engines.choose import why_not_cpu
from adamas.errors import NotFoundError, nearest

OURS = "adamas"
LIMIT = "limit"

_ALL = (
    Contestant(OURS, "adamas", lambda work: None, with_numpy.make_ours),
    Contestant(
        LIMIT,
        "the bytes alone",
        lambda work: None if limit_of(work) else "no rule of the bench moves the same bytes",
        with_numpy.make_limit,
    ),
    Contestant(
        "numpy", "NumPy, as written", with_numpy.tutorial_lacks, with_numpy.Tutorial, extra=16
    ),
    Contestant("torch", "torch, default", with_torch.lacks("loop"), with_torch.make("loop"), 8),
    Contestant(
        "torch-foreach",
        "torch, foreach",
        with_torch.lacks("foreach"),
        with_torch.make("foreach"),
        8,
    ),
    Contestant("torch-fused", "torch, fused", with_torch.lacks("fused"), with_torch.make("fused")),
    Contestant("optax", "optax, jit", with_jax.optax_lacks, with_jax.make_optax),
    Contestant("keras", "Keras on JAX, jit", with_jax.keras_lacks, with_jax.make_keras, 4),
)
CONTESTANTS: dict[str, Contestant] = {one.name: one for one in _ALL}

# What has to be installed for a contestant.
NEEDS = {
    "torch": ("torch",),
    "torch-foreach": ("torch",),
    "torch-fused": ("torch",),
    "optax": ("jax", "optax"),
    "keras": ("jax", "keras"),
}


def read_contestants(text: str | None) -> tuple[Contestant, ...]:
    """Read names separated by commas; None is all. We take part always: others are measured by us.

    Raises `NotFoundError` for an unknown name.
    """
    if text is None:
        return _ALL
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in CONTESTANTS:
            raise NotFoundError(f"unknown contestant '{name}'. {nearest(name, CONTESTANTS)}")
    return tuple(one for one in _ALL if one.name == OURS or one.name in names)


def missing(contestant: Contestant, work: Work) -> str | None:
    """Why a contestant cannot do some work here; None where it can."""
    absent = [name for name in NEEDS.get(contestant.name, ()) if find_spec(name) is None]
    if absent:
        return f"{' and '.join(absent)} not installed"
    if contestant.name == LIMIT and why_not_cpu() is not None:
        return f"the CPU engine does not run here: {why_not_cpu()}"
    if work.scheduled and contestant.name not in (OURS, LIMIT):
        return "a hyperparameter follows a schedule"
    return contestant.missing(work)


def names(contestants: Iterable[Contestant]) -> str:
    """The contestants' names, for people."""
    return ", ".join(one.name for one in contestants)
