"""Pieces: what @rule, @gradient, @update and @observe make of a function, with values bound."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from adamas.errors import RuleError
from adamas.language.binding import bind
from adamas.language.declare import ZEROS, Hyperparameter, Shared, Start, declared

CLOCKS = ("t", "step")
# What each kind of piece may take, besides clocks, slots and hyperparameters, and what it returns.
TAKES = {
    "rule": ("p", "g"),
    "gradient": ("p", "g"),
    "update": ("p", "g", "u"),
    "observe": ("p",),
}
RETURNS = {"rule": "p", "gradient": "g", "update": "u", "observe": None}
RESERVED = ("p", "g", "u", *CLOCKS)


@dataclass(frozen=True)
class Signature:
    """A piece's signature: positional names in order, slots with their starts, hyperparameters."""

    positional: tuple[str, ...]
    slots: Mapping[str, Start]
    hyperparameters: Mapping[str, Hyperparameter]


@dataclass(frozen=True, eq=False, repr=False)
class Piece:
    """A rule or a piece of a chain, with values bound to its hyperparameters. Immutable.

    Calling it binds: `adam(lr=3e-4)` is a new value, `adam` stays as it is.
    """

    function: Callable[..., Any]
    kind: str
    signature: Signature
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The function's name."""
        return self.function.__name__

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """A piece is a chain of one."""
        return (self,)

    @property
    def hyperparameters(self) -> Mapping[str, Hyperparameter]:
        """The declarations, by name."""
        return self.signature.hyperparameters

    @property
    def summary(self) -> str:
        """The docstring's first sentence: what happens to the parameters."""
        return (inspect.getdoc(self.function) or "").split("\n")[0]

    @property
    def documentation(self) -> str:
        """The whole docstring."""
        return inspect.getdoc(self.function) or ""

    @property
    def line(self) -> str:
        """Where the function stands, as "file:line"."""
        code = self.function.__code__
        return f"{code.co_filename.rsplit('/', 1)[-1]}:{code.co_firstlineno}"

    def __call__(self, *args: Any, **named: Any) -> Piece:
        values = bind(self.name, self.hyperparameters, args, named, self.values)
        return Piece(self.function, self.kind, self.signature, MappingProxyType(values))

    def bind(self, values: Mapping[str, Any]) -> Piece:
        """The same piece with these values, by name."""
        return self(**values)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Piece):
            return NotImplemented
        return self.function is other.function and dict(self.values) == dict(other.values)

    def __hash__(self) -> int:
        return hash(self.function)

    def __repr__(self) -> str:
        inside = ", ".join(f"{name}={value!r}" for name, value in self.values.items())
        return f"{self.name}({inside})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (self.function.__module__, self.function.__qualname__, dict(self.values))


def _restore(module: str, name: str, values: dict[str, Any]) -> Piece:
    """A pickled piece: found again by its module and name."""
    found = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    assert isinstance(found, Piece)
    return found.bind(values)


def _declare(kind: str) -> Callable[[Callable[..., Any]], Piece]:
    def decorate(function: Callable[..., Any]) -> Piece:
        signature = _read_signature(function, kind)
        values = bind(function.__name__, signature.hyperparameters, (), {})
        return Piece(function, kind, signature, MappingProxyType(values))

    return decorate


rule = _declare("rule")
rule.__doc__ = "Declare an update rule: takes p, g, slots; returns the new p and the new slots."
gradient = _declare("gradient")
gradient.__doc__ = "Declare a piece that stands before the rule: returns the gradient it passes on."
update = _declare("update")
update.__doc__ = "Declare a piece that stands after the rule: sees the change u and p, returns u."
observe = _declare("observe")
observe.__doc__ = "Declare a piece that sees the new p and returns only its slots."


def _read_signature(function: Callable[..., Any], kind: str) -> Signature:
    """Positional names, slots and hyperparameters of a function; errors name its file and line."""
    if not inspect.isfunction(function):
        raise RuleError(f"@{kind} stands before a function; got {function!r}.")
    code = function.__code__
    place = f"{function.__name__}, {code.co_filename.rsplit('/', 1)[-1]}:{code.co_firstlineno}"
    positional: list[str] = []
    slots: dict[str, Start] = {}
    hyperparameters: dict[str, Hyperparameter] = {}
    for name, parameter in inspect.signature(function).parameters.items():
        default = parameter.default
        if parameter.kind is parameter.KEYWORD_ONLY:
            hyperparameters[name] = declared(place, name, default)
        elif parameter.kind is not parameter.POSITIONAL_OR_KEYWORD:
            raise RuleError(
                f"{place}: *args, **kwargs and positional-only names have no meaning here."
            )
        elif name in RESERVED:
            if name not in TAKES[kind] and name not in CLOCKS:
                raise RuleError(
                    f"{place}: a piece declared @{kind} has no {name!r}; "
                    f"it may take {', '.join(TAKES[kind])}, t, step and slots."
                )
            positional.append(name)
        else:
            if default is not parameter.empty and not isinstance(default, Start):
                raise RuleError(
                    f"{place}: the slot {name!r} starts with {default!r}. Use like(p), full(value) "
                    f"or scalar(value); hyperparameters stand behind '*'."
                )
            positional.append(name)
            slots[name] = default if isinstance(default, Start) else ZEROS
    needed = RETURNS[kind] or "p"
    if needed not in positional:
        raise RuleError(f"{place}: a piece declared @{kind} must take {needed!r}.")
    if kind == "rule" and any(isinstance(h.default, Shared) for h in hyperparameters.values()):
        raise RuleError(f"{place}: only pieces can share a hyperparameter of the rule.")
    return Signature(tuple(positional), MappingProxyType(slots), MappingProxyType(hyperparameters))
