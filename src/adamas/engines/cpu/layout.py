"""Layouts of what Python and compiled code share: rows, frames, chunks and the job."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from adamas.graph.phases import Phases
from adamas.graph.program import Program, nodes
from adamas.language.expression import Expression, Input


class Row(IntEnum):
    """Columns of the table of rows, each a 64-bit integer; the data pointers follow the last.

    A row is a tensor; where the rule reduces row by row, it is an index of a tensor's first axis.
    """

    COUNT = 0  # elements
    ACTIVE = 1  # has a gradient in this step
    KIND = 2  # which types its kernels are compiled for
    GROUP = 3  # whose hyperparameters it takes
    T = 4  # steps taken
    WRITTEN = 5  # a bit per slot: has it ever been written
    FRAME = 6  # address of its scalars in this step
    PARAMETER = 7  # address of the parameter's Python object
    FLAGS = 8  # NumPy flags that its gradient must have
    FIRST_CHUNK = 9
    CHUNKS = 10
    MADE = 11  # its slots have been made
    HISTOGRAMS = 12  # address of its histograms, one after the other
    OWNER = 13  # the number of its tensor
    FIRST = 14  # the first row of its tensor
    OFFSET = 15  # bytes from the tensor's first element to its own, in the parameter's type
    SIZE = 16  # elements of its tensor
    AXES = 17  # axes of its tensor
    POINTERS = 18  # p, g, then the element slots


class Chunk(IntEnum):
    """Columns of the table of chunks: a part of one row."""

    ROW = 0
    BEGIN = 1
    COUNT = 2
    WIDTH = 3


class Job(IntEnum):
    """Fields of a job, 64-bit integers. The three counters have a cache line of their own each."""

    TICKET = 0
    DONE = 8
    READY = 16
    ROWS = 24  # addresses and sizes of the tables
    ROW_COUNT = 25
    ROW_WIDTH = 26
    FRAMES = 27
    FRAME_WIDTH = 28
    CHUNKS = 29
    TICKETS = 30  # for each ticket its first chunk; one more entry at the end
    TICKET_COUNT = 31
    PASS_COUNT = 32
    KERNELS = 33  # addresses: [kind][pass]
    SCALARS = 34  # addresses: [stage]
    PARTIALS = 35
    PARTIAL_WIDTH = 36
    HYPER = 37  # [group][hyperparameter]
    HYPER_COUNT = 38
    LEADERS = 39  # scratch: for each group the row whose frame is shared, or -1
    SCALAR_SLOTS = 40  # [row][scalar slot]
    SCALAR_SLOT_COUNT = 41
    OWN_FRAMES = 42  # 1 where every row needs scalars of its own
    ARRAY_TYPE = 43  # address of the type object numpy.ndarray
    NONE = 44  # address of None
    TOTAL = 45  # elements of all active rows in this step
    REDUCTIONS = 46  # [reduction][place among the partials, how, over all tensors, field]
    REDUCTION_STARTS = 47  # for each pass its first reduction; one more entry at the end
    SCALAR_FIELDS = 48  # for each scalar slot the field of its new value
    SLOT_COUNT = 49
    GROUP_COUNT = 50
    BY_ROW = 51  # 1 where a tensor can have several rows
    SIZE = 56


@dataclass(frozen=True)
class Frame:
    """Where each scalar of a Program lives in a frame, an array of float64.

    The first fields are the hyperparameters; then t, step, the sizes, `first` of each slot, the
    scalar slots, the reductions and every computed scalar.
    """

    fields: dict[Expression | Input, int]
    hyper: int
    t: int
    step: int
    size: int
    total: int
    first: int
    scalar_slots: int
    width: int
    shared: bool
    by_row: bool

    def of(self, node: Expression) -> int:
        """The field of a scalar input, reduction or computed scalar."""
        return self.fields[node.value if node.op == "input" else node]


def frame_of(program: Program, phases: Phases) -> Frame:
    """Lay out the frame.

    `shared`: rows with equal inputs may share one. `by_row`: a row is not a whole tensor.
    """
    fields: dict[Expression | Input, int] = {}

    def place(keys: Iterable[Expression | Input]) -> int:
        start = len(fields)
        for key in keys:
            fields[key] = len(fields)
        return start

    hyper = place(Input("hyper", name) for name in program.hyper)
    clocks = place(Input("clock", name) for name in ("t", "step"))
    sizes = place(Input("size", scope) for scope in ("tensor", "all", "row", "axes"))
    first = place(Input("first", name) for name in program.slots)
    scalar = [name for name, start in program.slots.items() if not start.element]
    slots = place(Input("scalar_slot", name) for name in scalar)
    reductions = phases.reductions()
    place(reductions)
    place(node for phase in phases.passes for node in phase.scalars)
    place(phases.final)
    used = {
        node.value
        for phase in phases.passes
        for root in (
            *phase.outputs.values(),
            *phase.histograms.values(),
            *phase.reductions,
            *phase.scalars,
        )
        for node in nodes(root)
        if node.op == "input"
    }
    alone = any(node.value.scope != "all" for node in reductions)
    own = any(Input("size", scope) in used for scope in ("tensor", "row", "axes"))
    return Frame(
        fields=fields,
        hyper=hyper,
        t=clocks,
        step=clocks + 1,
        size=sizes,
        total=sizes + 1,
        first=first,
        scalar_slots=slots,
        width=max(len(fields), 1),
        shared=not alone and not own,
        by_row=any(node.value.scope == "row" for node in reductions),
    )
