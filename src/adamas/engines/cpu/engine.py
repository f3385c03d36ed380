"""The engine: a Program, its tensors, and the tables by which compiled code steps them at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Literal

import numpy as np

from adamas.engines import threads
from adamas.engines.cpu import finite
from adamas.engines.cpu.abi import ALIGNED, C_ORDER, F_ORDER
from adamas.engines.cpu.compile import compiled, plan
from adamas.engines.cpu.kernel import columns
from adamas.engines.cpu.layout import Job, Row
from adamas.engines.cpu.runtime import runtime
from adamas.engines.cpu.tables import make_job, make_rows, reduction_tables, share_out
from adamas.engines.cpu.types import Kind
from adamas.engines.interpret import make_slots
from adamas.engines.work import Array, Tensor, slot_type
from adamas.errors import EngineError
from adamas.graph.program import Program
from adamas.scope.histogram import BINS
from adamas.scope.watch import Readings, Watch

# Below this many elements a second thread costs more than it brings: waking it takes some 30
# microseconds, in which one thread steps this many.
ALONE = 1 << 16


class CpuEngine:
    """Steps `tensors` by a lowered Program; `groups[i]` says whose hyperparameters tensor i takes.

    With a `watch` it also measures; see `readings`.
    """

    name = "cpu"

    def __init__(
        self,
        program: Program,
        tensors: Sequence[Tensor],
        groups: Sequence[int],
        watch: Watch | None = None,
    ):
        self.program = program
        self.tensors = list(tensors)
        self.watch = watch
        self.plan = plan(program, watch.numbers, watch.histograms) if watch else plan(program)
        self.kinds = list(dict.fromkeys(kind_of(tensor) for tensor in tensors))
        self.element_slots = [name for name in columns(program) if name in program.slots]
        self.scalar_slots = [n for n, start in program.slots.items() if not start.element]
        self.runtime = runtime()
        self.values: list[Mapping[str, float]] = []
        self.check: CpuEngine | None = None
        self._make_tables(groups)
        self.push()

    # Tables -------------------------------------------------------------------------------------

    def _make_tables(self, groups: Sequence[int]) -> None:
        frame = self.plan.frame
        self.first, self.rows = make_rows(
            [tensor.parameter for tensor in self.tensors], len(self.element_slots), frame.by_row
        )
        count, owner = len(self.rows), self.rows[:, Row.OWNER]
        self.frames = np.zeros((count, frame.width))
        self.hyper = np.zeros((max(groups) + 1, max(len(self.program.hyper), 1)))
        self.slots = np.zeros((count, max(len(self.scalar_slots), 1)))
        self.rows[:, Row.GROUP] = np.array(groups)[owner]
        kinds = [self.kinds.index(kind_of(tensor)) for tensor in self.tensors]
        self.rows[:, Row.KIND] = np.array(kinds)[owner]
        self.chunks, self.tickets = share_out(self.rows)
        made = [compiled(self.plan, kind) for kind in self.kinds]
        self.kernels = np.array([one.passes for one in made], np.int64)
        self.stages = np.array(made[0].stages, np.int64)
        self.reductions, self.starts, width = reduction_tables(self.plan)
        self.partials = np.zeros((max(len(self.chunks), 1), max(width, 1)))
        scalars = self.plan.phases.scalar_outputs
        self.fields = np.array([frame.of(scalars[n]) for n in self.scalar_slots] or [0], np.int64)
        self.leaders = np.zeros(len(self.hyper), np.int64)
        counted = list(self.plan.phases.passes[-1].histograms)
        self.histograms = np.zeros((len(self.tensors), len(counted), BINS), np.int64)
        places = [table.ctypes.data for table in self.histograms]
        self.rows[:, Row.HISTOGRAMS] = np.array(places, np.int64)[owner]
        self.job = self._describe()
        self.pointer = self.job.ctypes.data
        self.helpers = len(self.tickets) - 1 if self.rows[:, Row.COUNT].sum() > ALONE else 0

    def _describe(self) -> Array:
        """The job: addresses and sizes of all tables."""
        tables = {
            Job.ROWS: self.rows,
            Job.FRAMES: self.frames,
            Job.CHUNKS: self.chunks,
            Job.TICKETS: self.tickets,
            Job.KERNELS: self.kernels,
            Job.SCALARS: self.stages,
            Job.PARTIALS: self.partials,
            Job.HYPER: self.hyper,
            Job.LEADERS: self.leaders,
            Job.SCALAR_SLOTS: self.slots,
            Job.REDUCTIONS: self.reductions,
            Job.REDUCTION_STARTS: self.starts,
            Job.SCALAR_FIELDS: self.fields,
        }
        sizes = {
            Job.ROW_COUNT: self.rows.shape[0],
            Job.ROW_WIDTH: self.rows.shape[1],
            Job.FRAME_WIDTH: self.plan.frame.width,
            Job.TICKET_COUNT: len(self.tickets) - 1,
            Job.PASS_COUNT: len(self.plan.phases.passes),
            Job.PARTIAL_WIDTH: self.partials.shape[1],
            Job.HYPER_COUNT: len(self.program.hyper),
            Job.GROUP_COUNT: len(self.hyper),
            Job.SCALAR_SLOT_COUNT: len(self.scalar_slots),
            Job.SLOT_COUNT: len(self.program.slots),
            Job.OWN_FRAMES: int(not self.plan.frame.shared),
            Job.BY_ROW: int(self.plan.frame.by_row),
            Job.ARRAY_TYPE: id(np.ndarray),
            Job.NONE: id(None),
        }
        return make_job(tables, sizes)

    # State --------------------------------------------------------------------------------------

    def set_values(self, values: Sequence[Mapping[str, float]]) -> None:
        """The hyperparameters of each group, as numbers, until they are set again."""
        self.values = list(values)
        for row, group in zip(self.hyper, values, strict=True):
            for place, name in enumerate(self.program.hyper):
                row[place] = group[name]

    def push(self) -> None:
        """Read the tensors' state again: it was changed from outside."""
        self.staged: dict[int, Array] = {}
        for number, tensor in enumerate(self.tensors):
            rows = self._rows_of(number)
            array = tensor.parameter
            flags = array.flags
            in_order = flags.c_contiguous or (flags.f_contiguous and len(rows) == 1)
            if not (flags.aligned and in_order):
                array = self.staged.setdefault(number, np.array(array, order="C"))
            rows[:, Row.FLAGS] = (C_ORDER if array.flags.c_contiguous else F_ORDER) | ALIGNED
            rows[:, Row.PARAMETER] = id(array)
            rows[:, Row.T] = tensor.t
            rows[:, Row.WRITTEN] = sum(
                1 << place
                for place, name in enumerate(self.program.slots)
                if name in tensor.slots and name not in tensor.fresh
            )
            made = all(name in tensor.slots for name in self.program.slots)
            rows[:, Row.MADE] = made
            if made:
                self._point(number, tensor)

    def _rows_of(self, number: int) -> Array:
        """The part of the table that belongs to a tensor."""
        return self.rows[self.first[number] : self.first[number + 1]]

    def _point(self, number: int, tensor: Tensor) -> None:
        """Write the addresses of a tensor's slots, each in the parameter's order of elements."""
        rows = self._rows_of(number)
        order = _order(rows[0]) if len(rows) else "C"
        begin = rows[:, Row.OFFSET] // tensor.parameter.itemsize
        for place, name in enumerate(self.element_slots):
            slot = tensor.slots[name]
            fits = slot.flags.c_contiguous if order == "C" else slot.flags.f_contiguous
            if not (fits and slot.flags.aligned and slot.flags.writeable):
                tensor.slots[name] = slot = np.array(slot, order=order)
            rows[:, Row.POINTERS + 2 + place] = slot.ctypes.data + begin * slot.itemsize
        for place, name in enumerate(self.scalar_slots):
            self.slots[self.first[number] : self.first[number + 1], place] = tensor.slots[name]

    def pull(self) -> None:
        """Bring the tensors' clocks and scalar slots up to date, for others to read."""
        for tensor, first in zip(self.tensors, self.first, strict=False):
            row = self.rows[first]
            tensor.t = int(row[Row.T])
            if row[Row.WRITTEN] == -1:
                tensor.fresh.clear()
            if row[Row.MADE]:
                for place, name in enumerate(self.scalar_slots):
                    tensor.slots[name] = float(self.slots[first, place])

    def numbers(self, name: str) -> Array:
        """A watched number of every tensor, as of the last step."""
        field = self.plan.frame.of(self.plan.phases.scalar_outputs[name])
        own = self.rows[self.first[:-1], Row.FRAME] - self.frames.ctypes.data
        return self.frames[np.clip(own // self.frames.strides[0], 0, len(self.frames) - 1), field]

    def readings(self) -> Readings:
        """What was measured at the last step, of the tensors that took it."""
        assert self.watch is not None
        counted = list(self.watch.histograms)
        return self.watch.readings(
            [tensor.path for tensor in self.tensors],
            self.numbers,
            lambda quantity: self.histograms[:, counted.index(quantity)],
            self.rows[self.first[:-1], Row.ACTIVE].astype(bool),
        )

    # Stepping -----------------------------------------------------------------------------------

    def step(self, gradients: tuple[Any, ...], number: int) -> bool:
        """Take one step. False, with nothing changed, where a gradient has to be adapted first."""
        for place, array in self.staged.items():
            np.copyto(array, self.tensors[place].parameter)
        if self.histograms.size:
            self.histograms.fill(0)
        helpers = self.helpers and min(self.helpers, threads.get_threads()) - 1
        if helpers > 0:
            if self.runtime.prepare(self.pointer, id(gradients), number):
                return False
            # The task holds on to the engine, so that its tables outlive a thread that comes late.
            threads.pool().call(partial(_work, self), helpers)
            self.runtime.work(self.pointer)
            self.runtime.finish(self.pointer)
        elif self.runtime.run(self.pointer, id(gradients), number):
            return False
        for place, array in self.staged.items():
            np.copyto(self.tensors[place].parameter, array)
        return True

    def adapt(self, gradients: Sequence[Any]) -> tuple[Any, ...]:
        """Make missing slots, and gradients as compiled code reads them: aligned, in one piece.

        Gradients must have been checked against their parameters.
        """
        adapted: list[Any] = []
        for number, (tensor, gradient) in enumerate(zip(self.tensors, gradients, strict=True)):
            if gradient is None:
                adapted.append(None)
                continue
            rows = self._rows_of(number)
            row = rows[0]
            if tensor.parameter.size != row[Row.SIZE]:
                raise EngineError(
                    f"the parameter {tensor.path!r} had {row[Row.SIZE]} elements and now has "
                    f"{tensor.parameter.size}. Make a new optimizer for it."
                )
            if not tensor.parameter.flags.writeable:
                raise EngineError(
                    f"the parameter {tensor.path!r} has been made read-only and cannot be stepped."
                )
            if not row[Row.MADE]:
                make_slots(self.program, tensor, self.values[row[Row.GROUP]])
                self._point(number, tensor)
                rows[:, Row.MADE] = 1
            array = np.require(np.asarray(gradient), requirements=[_order(row), "A"])
            adapted.append(_with_type_of(array, tensor.parameter))
        return tuple(adapted)

    def nonfinite(self, gradients: Sequence[Any]) -> list[int]:
        """How many elements of each adapted gradient are infinite or NaN; one compiled pass."""
        if self.check is None:
            program, watch = finite.counter()
            self.check = CpuEngine(program, self.tensors, [0] * len(self.tensors), watch)
            self.check.set_values([{}])
        self.check.push()
        if not self.check.step(tuple(gradients), 0):
            raise EngineError("gradients were not adapted before they were checked.")
        counts = self.check.numbers(finite.COUNT)
        return [
            0 if gradient is None else int(count)
            for gradient, count in zip(gradients, counts, strict=True)
        ]

    def explain(self) -> str:
        """Which kernels run on what, and why not faster ones."""
        from adamas.engines.cpu.explain import explain

        return explain(self)


def _work(engine: CpuEngine) -> None:
    engine.runtime.work(engine.pointer)


def kind_of(tensor: Tensor) -> Kind:
    """The types of a tensor, as kernels are compiled for."""
    name = tensor.parameter.dtype.name
    return Kind(name, name, slot_type(tensor.parameter.dtype).name)


def _order(row: Array) -> Literal["C", "F"]:
    """The order in which a row's arrays hold their elements."""
    return "C" if row[Row.FLAGS] & C_ORDER else "F"


def _with_type_of(array: Array, parameter: Array) -> Array:
    """The array with the very type object of the parameter: equal types can be two objects."""
    return array if array.dtype is parameter.dtype else array.view(parameter.dtype)
