"""Every error adamas raises: one base class, few kinds, messages that say what, where, got, do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class AdamasError(Exception):
    """Base class of every error that adamas raises on purpose."""


class RuleError(AdamasError):
    """A rule, piece or chain has no meaning as it is written; names the author's file and line."""


class HyperparameterError(AdamasError, ValueError):
    """A hyperparameter does not exist, or its value lies outside its range."""


class TreeError(AdamasError, ValueError):
    """Parameters, gradients or state do not have the structure, shape or type they must have."""


class NonFiniteError(AdamasError, FloatingPointError):
    """A gradient is not finite and the optimizer was asked to raise; nothing was stepped."""


class NotFoundError(AdamasError, LookupError):
    """A name is unknown; the message offers the nearest one that exists."""


class OptionError(AdamasError, ValueError):
    """An argument has a value that is not one of its choices."""


class StateError(AdamasError, RuntimeError):
    """An operation does not fit the optimizer's present state, or a saved state does not fit it."""


class EngineError(AdamasError, RuntimeError):
    """An engine cannot run a Program; says which operation, rule and line."""


def nearest(name: str, candidates: Iterable[str]) -> str:
    """Advice for an unknown `name`: the nearest candidate, or all of them where none is near.

    `limit` is near to `clip_value.limit`.
    """
    names = sorted(candidates)
    ends = [candidate for candidate in names if candidate.endswith(f".{name}")]
    close = ends or difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    if close:
        return f"Did you mean {close[0]!r}?"
    if not names:
        return "There are none."
    return f"There {'is' if len(names) == 1 else 'are'}: {', '.join(names)}."


def choose(what: str, value: object, choices: Iterable[str]) -> None:
    """Raise `OptionError` unless `value` is one of `choices`."""
    names = list(choices)
    if value not in names:
        listed = ", ".join(repr(name) for name in names)
        raise OptionError(f"{what} is one of {listed}; got {value!r}.")
