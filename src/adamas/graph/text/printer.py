"""The printer: expressions to text by a table of forms, with as few brackets as can be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from adamas.errors import EngineError
from adamas.language.expression import Expression, Input

# How tightly an operation binds; an operand that binds less tightly gets brackets.
LOOSE, SUM, PRODUCT, SIGN, POWER, ATOM = range(6)
BINDS = {
    "lt": LOOSE,
    "le": LOOSE,
    "gt": LOOSE,
    "ge": LOOSE,
    "eq": LOOSE,
    "ne": LOOSE,
    "add": SUM,
    "sub": SUM,
    "mul": PRODUCT,
    "div": PRODUCT,
    "neg": SIGN,
    "pow": POWER,
}


@dataclass(frozen=True)
class Notation:
    """How a target writes things.

    forms      operation → template with {0}, {1}, {2}
    bracket    text → the same in brackets
    encloses   operations whose form brackets its operands by itself (fractions, roots, calls)
    number     how a constant is written
    """

    forms: Mapping[str, str]
    bracket: Callable[[str], str]
    encloses: frozenset[str]
    number: Callable[[float], str]


class Printer:
    """Prints expressions; nodes in `known` are printed by their name and not taken apart."""

    def __init__(
        self,
        notation: Notation,
        known: Mapping[Expression, str],
        input_name: Callable[[Input], str],
    ):
        self.notation = notation
        self.known = known
        self.input_name = input_name

    def __call__(self, node: Expression, *, inside: bool = False) -> str:
        """The text of a node; with `inside` it is taken apart even where it has a name."""
        return self._print(node, inside)[0]

    def _print(self, node: Expression, inside: bool = False) -> tuple[str, int]:
        if not inside and node in self.known:
            return self.known[node], ATOM
        if node.op == "constant":
            return self.notation.number(node.value), ATOM if node.value >= 0 else SIGN
        if node.op == "input":
            return self.input_name(node.value), ATOM
        op = f"{node.value.kind}_{node.value.scope}" if node.op == "reduce" else node.op
        if op not in self.notation.forms:
            raise EngineError(f"text: no form for the operation {op!r} ({node.line}).")
        binds = BINDS.get(op, ATOM)
        minus = self.notation.forms["neg"].format("")
        operands: list[str] = []
        for place, argument in enumerate(node.args):
            text, tight = self._print(argument)
            if op == "add" and place == 1 and text.startswith(minus):
                op, text = "sub", text.removeprefix(minus)
            elif op not in self.notation.encloses and (
                self._needs(op, place, binds, tight)
                or (place == 1 and binds in (SUM, PRODUCT) and text.startswith(minus))
            ):
                text = self.notation.bracket(text)
            operands.append(text)
            if op == "neg":
                binds = min(SIGN, tight if tight >= PRODUCT else SIGN)
        if op in self.notation.encloses:
            binds = ATOM if op != "div" else PRODUCT
        if op == "mul" and operands[1][0].isdigit():
            op = "times"
        return self.notation.forms[op].format(*operands), binds

    @staticmethod
    def _needs(op: str, place: int, binds: int, tight: int) -> bool:
        if op not in BINDS:
            return False
        if op == "neg":
            return tight < PRODUCT
        if op == "pow":
            return tight <= POWER if place == 0 else tight < ATOM
        right_of = place == 1 and op in ("sub", "div", "mul", "lt", "le", "gt", "ge", "eq", "ne")
        return tight < binds or (right_of and tight == binds and op != "mul")


def plain_number(value: Any) -> str:
    """A number as it is written by hand: 1 and not 1.0."""
    whole = value == value and abs(value) < 1e15 and value == int(value)
    return f"{int(value)}" if whole else repr(value)
