"""Cost: the bytes a rule moves and the operations it does per parameter, counted on the graph."""

from __future__ import annotations

from dataclasses import dataclass

from adamas.engines.cpu.compile import Plan
from adamas.engines.cpu.types import Kind


@dataclass(frozen=True)
class PassCost:
    """One pass, per parameter: the bytes it loads and stores, by name, and what it computes."""

    loads: dict[str, int]
    stores: dict[str, int]
    operations: dict[str, int]


@dataclass(frozen=True)
class Cost:
    """All passes of a rule for one kind of types."""

    passes: tuple[PassCost, ...]

    @property
    def bytes_moved(self) -> int:
        """Bytes read and written per parameter and step."""
        return sum(sum(one.loads.values()) + sum(one.stores.values()) for one in self.passes)

    @property
    def operations(self) -> int:
        """Arithmetic operations per parameter and step."""
        return sum(sum(one.operations.values()) for one in self.passes)


def cost(plan: Plan, kind: Kind) -> Cost:
    """Count a plan's passes."""
    found = []
    for phase in plan.phases.passes:
        loads = {
            node.value.name: kind.storage(node.value.role).size for node in phase.inputs_read()
        }
        stores = {
            name: kind.storage("parameter" if name == "p" else "slot").size
            for name in phase.outputs
        }
        operations: dict[str, int] = {}
        for node in phase.elements():
            if node.args:
                operations[node.op] = operations.get(node.op, 0) + 1
        for node in phase.reductions:
            operations[node.value.kind] = operations.get(node.value.kind, 0) + 1
        found.append(PassCost(loads, stores, operations))
    return Cost(tuple(found))


def table(plan: Plan, kind: Kind) -> str:
    """The cost as text, a line per pass."""
    total = cost(plan, kind)
    lines = [f"{plan.program.name}, {kind}"]
    for number, one in enumerate(total.passes):
        lines.append(f"  pass {number + 1}")
        lines.append(f"    reads   {_listed(one.loads)}")
        lines.append(f"    writes  {_listed(one.stores)}")
        done = ", ".join(f"{count} {name}" for name, count in sorted(one.operations.items()))
        lines.append(f"    does    {done or 'nothing'}")
    lines.append(
        f"  {total.bytes_moved} bytes and {total.operations} operations per parameter and step"
    )
    return "\n".join(lines)


def _listed(sizes: dict[str, int]) -> str:
    named = ", ".join(f"{name} ({size})" for name, size in sizes.items())
    return f"{named}: {sum(sizes.values())} bytes" if sizes else "nothing"
