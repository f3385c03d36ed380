"""Tables: how the work of a step is cut up, and the job that tells compiled code where all is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from adamas.engines.cpu.compile import Plan
from adamas.engines.cpu.layout import Chunk, Job, Row
from adamas.engines.cpu.sharing import LARGEST, SUM
from adamas.engines.work import CACHE_LINE, Array

# Elements of a chunk: few enough to share a million elements evenly, enough that drawing a ticket
# (some 50 ns) is lost beside the 5 microseconds of work.
CHUNK = 1 << 14
SCOPES = ("row", "tensor", "all")


def make_rows(arrays: Sequence[Array], slots: int, by_row: bool) -> tuple[Array, Array]:
    """For each tensor its first row (and one entry more), and the table of rows with sizes."""
    lengths = [
        array.shape[0] if by_row and array.ndim > 1 and array.size else 1 for array in arrays
    ]
    first = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    rows = np.zeros((int(first[-1]), Row.POINTERS + 2 + slots), np.int64)
    for number, (array, count) in enumerate(zip(arrays, lengths, strict=True)):
        own = rows[first[number] : first[number + 1]]
        own[:, Row.OWNER], own[:, Row.FIRST] = number, first[number]
        own[:, Row.SIZE], own[:, Row.COUNT] = array.size, array.size // count
        own[:, Row.OFFSET] = np.arange(count) * (array.size // count) * array.itemsize
        own[:, Row.AXES] = array.ndim
    return first, rows


def share_out(rows: Array) -> tuple[Array, Array]:
    """Chunks of at most CHUNK elements, and tickets for one or more chunks, of one or more tensors.

    Writes each row's first chunk and number of chunks. Depends on sizes alone, so that reductions,
    which are summed chunk by chunk, are always summed alike.
    """
    # Longer walks through memory suit the processor's prefetching: measured at 67 million elements,
    # tickets of eight chunks are 8 % faster. Sixteen tickets are enough to share out evenly.
    total = int(np.ceil(rows[:, Row.COUNT] / CHUNK).sum())
    full = CHUNK * min(max(total // 16, 1), 8)
    chunks: list[tuple[int, int, int]] = []
    tickets, filled = [0], 0
    for number, row in enumerate(rows):
        row[Row.FIRST_CHUNK] = len(chunks)
        size = int(row[Row.COUNT])
        for begin in range(0, size, CHUNK):
            count = min(CHUNK, size - begin)
            if filled and filled + count > full:
                tickets.append(len(chunks))
                filled = 0
            chunks.append((number, begin, count))
            filled += count
        row[Row.CHUNKS] = len(chunks) - row[Row.FIRST_CHUNK]
    tickets.append(len(chunks))
    table = np.array(chunks or [(0, 0, 0)], np.int64).reshape(-1, int(Chunk.WIDTH))
    return table, np.array(tickets, np.int64)


def reduction_tables(plan: Plan) -> tuple[Array, Array, int]:
    """All reductions, where those of each pass begin, and how many one pass has at most."""
    rows: list[tuple[int, int, int, int]] = []
    starts, widest = [0], 0
    for phase in plan.phases.passes:
        for place, node in enumerate(phase.reductions):
            how = LARGEST if node.value.kind == "largest" else SUM
            rows.append((place, how, SCOPES.index(node.value.scope), plan.frame.of(node)))
        starts.append(len(rows))
        widest = max(widest, len(phase.reductions))
    table = np.array(rows or [(0, 0, 0, 0)], np.int64)
    return table, np.array(starts, np.int64), widest


def make_job(tables: Mapping[Job, Array], sizes: Mapping[Job, int]) -> Array:
    """The job's fields, its counters each on a cache line of their own."""
    buffer = np.zeros(Job.SIZE + CACHE_LINE // 8, np.int64)
    skipped = -(buffer.ctypes.data // 8) % (CACHE_LINE // 8)
    job = buffer[skipped : skipped + Job.SIZE]
    for field, table in tables.items():
        job[field] = table.ctypes.data
    for field, size in sizes.items():
        job[field] = size
    return job
