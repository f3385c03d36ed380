"""Binding values to declared hyperparameters: positions and names in, checked values out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from adamas.errors import HyperparameterError, nearest

if TYPE_CHECKING:
    from adamas.language.declare import Hyperparameter


def bind(
    owner: str,
    declared: Mapping[str, Hyperparameter],
    positional: tuple[Any, ...],
    named: Mapping[str, Any],
    bound: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Values for all declared hyperparameters, in their order; defaults where none is given.

    Raises `HyperparameterError` for unknown names, too many values, and values outside their range.
    """
    if len(positional) > len(declared):
        raise HyperparameterError(
            f"{owner} has {len(declared)} hyperparameters ({', '.join(declared) or 'none'}); "
            f"got {len(positional)} values."
        )
    given = dict(zip(declared, positional, strict=False))
    for name, value in named.items():
        if name not in declared:
            raise HyperparameterError(
                f"{owner} has no hyperparameter {name!r}. {nearest(name, declared)}"
            )
        if name in given:
            raise HyperparameterError(f"{owner}: {name} is given twice.")
        given[name] = value
    values = {}
    for name, hyperparameter in declared.items():
        if name in given:
            values[name] = hyperparameter.check(owner, name, given[name])
        elif bound is not None and name in bound:
            values[name] = bound[name]
        else:
            values[name] = hyperparameter.check(owner, name, hyperparameter.default)
    return values
