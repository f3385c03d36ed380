"""Chains: pieces in the order they are computed, merged into one rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from types import MappingProxyType
from typing import Any

from adamas.errors import HyperparameterError, OptionError, RuleError, nearest
from adamas.language.declare import Hyperparameter, Shared
from adamas.language.rule import Piece

_ORDER = {"gradient": 0, "rule": 1, "update": 2, "observe": 3}
_PLACE = {
    "gradient": "before the rule",
    "update": "after the rule, before what observes",
    "observe": "last",
}


@dataclass(frozen=True, repr=False)
class Chain:
    """Exactly one rule with pieces around it. Immutable; see `chain`.

    Hyperparameters of the rule have their own names, those of a piece are `piece.name`.
    """

    pieces: tuple[Piece, ...]

    @property
    def name(self) -> str:
        """The pieces' names, as the chain was written; of a lone rule just its name."""
        if len(self.pieces) == 1:
            return self.pieces[0].name
        return f"chain({', '.join(piece.name for piece in self.pieces)})"

    @property
    def rule(self) -> Piece:
        """The one piece that is a rule."""
        return next(piece for piece in self.pieces if piece.kind == "rule")

    @property
    def summary(self) -> str:
        """The rule's summary."""
        return self.rule.summary

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """What each piece is called in the chain; "" for the rule; repeated pieces are numbered."""
        labels: list[str] = []
        for piece in self.pieces:
            before = sum(1 for label in labels if label.split("#")[0] == piece.name)
            numbered = f"{piece.name}#{before + 1}" if before else piece.name
            labels.append("" if piece.kind == "rule" else numbered)
        return tuple(labels)

    @cached_property
    def hyperparameters(self) -> Mapping[str, Hyperparameter]:
        """The declarations of all pieces, by full name; what is still shared is the rule's."""
        return MappingProxyType(
            {
                full_name(label, name): declared
                for label, piece in zip(self.labels, self.pieces, strict=True)
                for name, declared in piece.hyperparameters.items()
                if not isinstance(piece.values[name], Shared)
            }
        )

    @cached_property
    def values(self) -> Mapping[str, Any]:
        """The bound values of all pieces, by full name."""
        return MappingProxyType(
            {
                full_name(label, name): value
                for label, piece in zip(self.labels, self.pieces, strict=True)
                for name, value in piece.values.items()
                if not isinstance(value, Shared)
            }
        )

    def bind(self, values: Mapping[str, Any]) -> Chain:
        """The same chain with these values, by full name."""
        for name in values:
            if name not in self.hyperparameters:
                raise HyperparameterError(
                    f"{self.name} has no hyperparameter {name!r}. "
                    f"{nearest(name, self.hyperparameters)}"
                )
        pieces = []
        for label, piece in zip(self.labels, self.pieces, strict=True):
            own = {
                name: values[full_name(label, name)]
                for name in piece.hyperparameters
                if full_name(label, name) in values
            }
            pieces.append(piece.bind(own) if own else piece)
        return Chain(tuple(pieces))

    def __reduce__(self) -> tuple[Any, ...]:
        return chain, self.pieces

    def __repr__(self) -> str:
        return f"chain({', '.join(repr(piece) for piece in self.pieces)})"


def full_name(label: str, name: str) -> str:
    """The name of a piece's slot, hyperparameter or local in its chain."""
    return f"{label}.{name}" if label else name


Rule = Piece | Chain


def chain(*parts: Rule) -> Chain:
    """Merge pieces into one rule, computed in the order written.

    Gradient pieces stand before the rule, update pieces after it, observers last; exactly one
    part is a rule. Raises `RuleError` for an order that has no meaning.
    """
    pieces: list[Piece] = []
    for part in parts:
        if not isinstance(part, (Piece, Chain)):
            raise OptionError(f"chain() takes rules and pieces; got {part!r}.")
        pieces.extend(part.pieces)
    rules = [piece for piece in pieces if piece.kind == "rule"]
    if len(rules) != 1:
        names = ", ".join(piece.name for piece in rules) or "none"
        raise RuleError(f"chain(): exactly one part is a rule; got {names}.")
    for before, after in pairwise(pieces):
        if _ORDER[before.kind] > _ORDER[after.kind]:
            raise RuleError(
                f"chain(): {after.name} stands {_PLACE.get(after.kind, 'before updates')}; "
                f"here it comes after {before.name}."
            )
    for piece in pieces:
        for name, value in piece.values.items():
            if isinstance(value, Shared) and name not in rules[0].hyperparameters:
                raise RuleError(
                    f"chain(): {piece.name} shares {name!r} with the rule, but {rules[0].name} has "
                    f"no such hyperparameter. Bind it: {piece.name}({name}=...)."
                )
    return Chain(tuple(pieces))


def as_rule(value: Any) -> Chain:
    """`value` as a chain with exactly one rule; raises `OptionError` for anything else."""
    if isinstance(value, Chain):
        return value
    if isinstance(value, Piece):
        return chain(value)
    raise OptionError(f"a rule is needed, for example adamas.rules.adam(lr=1e-3); got {value!r}.")
