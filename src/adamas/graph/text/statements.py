"""Statements: a Program taken apart into the author's named lines, in his order."""

from __future__ import annotations

from dataclasses import dataclass

from adamas.graph.program import Program, nodes
from adamas.language.expression import Expression


@dataclass(frozen=True)
class Statement:
    """One line: a name and the expression it stands for."""

    name: str
    value: Expression


def statements(program: Program) -> list[Statement]:
    """The lines that outputs need, and those the author named besides, in the order he wrote them.

    "update" is left out unless something else is computed from it under that name.
    """
    named: dict[Expression, str] = {}
    for name, node in [*program.outputs.items(), *program.names.items()]:
        if name not in ("update", "delta") and node.args and node not in named:
            named[node] = name
    found = [Statement(name, node) for node, name in named.items()]
    found.sort(key=lambda statement: statement.value.serial)
    aliases = [
        Statement(name, node)
        for name, node in program.outputs.items()
        if name != "delta" and named.get(node) != name and name in program.slots
    ]
    return found + aliases


def varies(node: Expression) -> bool:
    """Whether the value changes from step to step (hyperparameters are taken as fixed)."""
    return any(n.op == "input" and n.value.role not in ("hyper", "size") for n in nodes(node))
