"""Phases: a Program split at its reductions into passes over the elements, scalars between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from adamas.graph.program import Program, nodes
from adamas.language.expression import Expression, apply


@dataclass(frozen=True)
class Phase:
    """What one pass does, and the scalars that must be known before it.

    scalars     computed before the pass, operands first
    reductions  accumulated during the pass
    outputs     element outputs stored by the pass
    histograms  element values that are counted by size, for watching
    """

    scalars: tuple[Expression, ...]
    reductions: tuple[Expression, ...]
    outputs: Mapping[str, Expression]
    histograms: Mapping[str, Expression]

    def elements(self) -> list[Expression]:
        """The element values the pass computes or reads, operands first."""
        return [node for node in _within_pass(self._roots()) if node.element]

    def scalars_read(self) -> list[Expression]:
        """The scalars that the pass uses, constants left out."""
        found = _within_pass(self._roots())
        return [node for node in found if not node.element and node.op != "constant"]

    def inputs_read(self) -> list[Expression]:
        """The element inputs that the pass loads."""
        return [node for node in self.elements() if node.op == "input"]

    def _roots(self) -> list[Expression]:
        reduced = [node.args[0] for node in self.reductions]
        return [*self.outputs.values(), *reduced, *self.histograms.values()]


@dataclass(frozen=True)
class Phases:
    """All passes in order. `final` are the scalars that are known only after the last one.

    scalar_outputs  the new values of scalar slots, and numbers that are watched
    """

    passes: tuple[Phase, ...]
    final: tuple[Expression, ...]
    scalar_outputs: Mapping[str, Expression]

    def reductions(self) -> list[Expression]:
        """All reductions, in the order of their passes."""
        return [node for phase in self.passes for node in phase.reductions]


def split(
    program: Program,
    watched: Mapping[str, Expression] | None = None,
    histograms: Mapping[str, Expression] | None = None,
) -> Phases:
    """Split a lowered Program; `watched` numbers and `histograms` are computed beside.

    A value's level is the number of reductions it has to wait for. All outputs are stored in the
    last pass: an earlier one must not overwrite what a later one still reads.
    """
    elements: dict[str, Expression] = {}
    scalars: dict[str, Expression] = {}
    for name, node in program.outputs.items():
        if name in program.slots and not program.slots[name].element:
            scalars[name] = node
        elif name != "delta":
            elements[name] = node
    scalars = {name: _computed(node) for name, node in (scalars | dict(watched or {})).items()}
    counted = dict(histograms or {})
    roots = [*elements.values(), *scalars.values(), *counted.values()]
    level = _levels(nodes(*roots))
    reductions = [node for node in nodes(*roots) if node.op == "reduce"]
    last = max(
        [level[node] for node in (*elements.values(), *counted.values())]
        + [level[node.args[0]] for node in reductions]
    )
    needed = [node for node in nodes(*roots) if not node.element and node.args]
    stages: list[list[Expression]] = [[] for _ in range(last + 2)]
    for node in needed:
        if node.op != "reduce":
            stages[level[node]].append(node)
    passes = tuple(
        Phase(
            scalars=tuple(stages[number]),
            reductions=tuple(node for node in reductions if level[node.args[0]] == number),
            outputs=elements if number == last else {},
            histograms=counted if number == last else {},
        )
        for number in range(last + 1)
    )
    return Phases(passes, tuple(stages[last + 1]), scalars)


def _computed(node: Expression) -> Expression:
    """The node as something that has a place of its own, which a constant has not."""
    return apply("add", node, 0.0) if node.op == "constant" else node


def _levels(order: list[Expression]) -> dict[Expression, int]:
    level: dict[Expression, int] = {}
    for node in order:
        below = max((level[argument] for argument in node.args), default=0)
        level[node] = below + (node.op == "reduce")
    return level


def _within_pass(roots: list[Expression]) -> list[Expression]:
    """All nodes below roots, scalars not taken apart, operands first."""
    seen: set[Expression] = set()
    order: list[Expression] = []

    def visit(node: Expression) -> None:
        if node in seen:
            return
        seen.add(node)
        if node.element:
            for argument in node.args:
                visit(argument)
        order.append(node)

    for root in roots:
        visit(root)
    return order
