"""Explain: what the CPU engine runs for an optimizer, on what, and why not something faster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from adamas.engines import threads
from adamas.engines.cpu.cost import cost
from adamas.engines.cpu.layout import Row

if TYPE_CHECKING:
    from adamas.engines.cpu.engine import CpuEngine


def explain(engine: CpuEngine) -> str:
    """A few lines: passes, types and bytes, how work is shared, and what costs extra."""
    phases = engine.plan.phases
    elements = int(engine.rows[:, Row.COUNT].sum())
    passes = len(phases.passes)
    lines = [
        f"cpu: {engine.program.name}, compiled to {_count(passes, 'fused pass', 'fused passes')} "
        f"over {_count(len(engine.tensors), 'tensor')}, {_count(elements, 'element')}."
    ]
    for number, kind in enumerate(engine.kinds):
        mine = int((engine.rows[engine.first[:-1], Row.KIND] == number).sum())
        moved = cost(engine.plan, kind)
        lines.append(
            f"  {_count(mine, 'tensor')} of {kind}: {moved.bytes_moved} bytes and "
            f"{moved.operations} operations per parameter, {kind.lanes} elements at a time."
        )
    if passes > 1:
        lines.append(
            f"  {_count(passes, 'pass', 'passes')}, because a reduction must be known before what "
            f"depends on it."
        )
    tickets = int(engine.helpers)
    allowed = threads.get_threads()
    if tickets and allowed > 1:
        lines.append(f"  Shared by up to {min(tickets, allowed)} threads.")
    else:
        reason = "there is one core, or one was asked for" if tickets else "more would cost time"
        lines.append(f"  On the calling thread alone: {reason}.")
    if engine.staged:
        slow = [engine.tensors[number].path for number in engine.staged]
        more = f" and {len(slow) - 3} more" if len(slow) > 3 else ""
        lines.append(
            f"  Slower: {', '.join(map(repr, slow[:3]))}{more} lie in memory with gaps or out of "
            f"step and are copied before and after each step. Use numpy.ascontiguousarray."
        )
    if engine.plan.frame.by_row:
        lines.append("  Every row of a matrix has scalars of its own: the rule reduces row by row.")
    elif not engine.plan.frame.shared:
        lines.append("  Every tensor has scalars of its own, because the rule reduces per tensor.")
    return "\n".join(lines)


def _count(number: int | np.integer, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"
