"""The interpreter: evaluates a Program node by node in NumPy; in float64 it is the definition.

Slow and obvious on purpose.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from adamas.engines.work import (
    Array,
    Group,
    Tensor,
    aligned_zeros,
    slot_type,
    working_type,
)
from adamas.errors import EngineError
from adamas.graph.program import Program, nodes
from adamas.language.expression import Expression
from adamas.language.primitives import COMBINE, PRIMITIVES, REDUCTION_START, REDUCTIONS, on_numbers


class Evaluator:
    """Values of a Program's nodes for one tensor at one step, each computed once, when asked for.

    A scalar is a Python float (or bool), which NumPy does not promote arrays for; an element value
    is an array of `dtype`. Only the branch taken of a scalar `where` is ever evaluated.
    """

    def __init__(self, inputs: dict[Any, Any], dtype: Any):
        self.inputs = inputs
        self.dtype = dtype
        self.known: dict[Expression, Any] = {}

    def __call__(self, node: Expression) -> Any:
        if node not in self.known:
            self.known[node] = self._compute(node)
        return self.known[node]

    def _compute(self, node: Expression) -> Any:
        if node.op == "constant":
            return node.value
        if node.op == "input":
            return self.inputs[node.value]
        if node.op == "reduce":
            if node.value.scope == "row":
                return by_row(REDUCTIONS[node.value.kind], self(node.args[0]))
            return REDUCTIONS[node.value.kind](self(node.args[0]))
        if node.op == "where" and not node.args[0].element and not np.ndim(self(node.args[0])):
            condition, a, b = node.args
            chosen = self(a if self(condition) else b)
            if not node.element or np.ndim(chosen):
                return chosen
            return np.full(np.shape(self.inputs["parameter", "p"]), chosen, self.dtype)
        operands = [self(argument) for argument in node.args]
        if not node.element:
            if any(np.ndim(operand) for operand in operands):  # one number per row, in float64
                return PRIMITIVES[node.op].array(*operands)
            return on_numbers(node.op, *operands)
        operands = [self._narrow(operand) for operand in operands]
        if node.op not in PRIMITIVES:
            raise EngineError(f"interpret: unknown operation {node.op!r} ({node.line}).")
        value = PRIMITIVES[node.op].array(*operands)
        return value if node.condition else np.asarray(value, dtype=self.dtype)

    def _narrow(self, value: Any) -> Any:
        """Numbers of rows in the arithmetic type, as NumPy treats Python's floats."""
        return value.astype(self.dtype) if getattr(value, "dtype", None) == np.float64 else value


def row_size(array: Array) -> int:
    """Elements in a row: all that have one index of the first axis; a vector is one row."""
    return array[0].size if array.ndim > 1 and len(array) else array.size


def by_row(reduce: Callable[[Any], float], array: Array) -> Any:
    """A reduction of each row, in a shape that goes with the array; one number for one row."""
    if array.ndim < 2:
        return reduce(array)
    numbers = np.array([reduce(row) for row in array], np.float64)
    return numbers.reshape(-1, *[1] * (array.ndim - 1))


def step(
    program: Program,
    groups: Sequence[Group],
    step_number: int,
    look: Callable[[Tensor, Evaluator], None] | None = None,
) -> None:
    """Step every tensor of every group once, in place.

    All tensors' reductions are known before the first tensor is written. `look` is called with
    each tensor and its values before it is.
    """
    work = []
    with np.errstate(all="ignore"):
        for group in groups:
            for tensor in group.tensors:
                make_slots(program, tensor, group.values)
                work.append(tensor)
        evaluators = evaluators_for(program, groups, step_number)
        for tensor, evaluate in zip(work, evaluators, strict=True):
            if look is not None:
                look(tensor, evaluate)
            # Copies: a slot may become what p or another slot was, and those are written first.
            values = {name: np.array(evaluate(node)) for name, node in program.outputs.items()}
            tensor.parameter[...] = values["p"]
            for name, start in program.slots.items():
                if start.element:
                    tensor.slots[name][...] = values[name]
                else:
                    tensor.slots[name] = float(values[name])
            tensor.fresh.clear()
            tensor.t += 1


def evaluators_for(
    program: Program,
    groups: Sequence[Group],
    step_number: int,
    *,
    make: type[Evaluator] = Evaluator,
    dtype: Any = None,
) -> list[Evaluator]:
    """An evaluator per tensor of all groups, reductions over all tensors already known to each.

    `dtype` replaces the type of each tensor's arithmetic, for a run in float64.
    """
    evaluators = []
    total = sum(tensor.parameter.size for group in groups for tensor in group.tensors)
    for group in groups:
        for tensor, gradient in zip(group.tensors, group.gradients, strict=True):
            kind = np.dtype(dtype) if dtype is not None else working_type(tensor.parameter.dtype)
            inputs: dict[Any, Any] = {
                ("parameter", "p"): np.asarray(tensor.parameter, dtype=kind),
                ("gradient", "g"): np.asarray(gradient, dtype=kind),
                ("clock", "t"): float(tensor.t + 1),
                ("clock", "step"): float(step_number),
                ("size", "tensor"): float(tensor.parameter.size),
                ("size", "all"): float(total),
                ("size", "row"): float(row_size(tensor.parameter)),
                ("size", "axes"): float(tensor.parameter.ndim),
            }
            inputs |= {("hyper", name): value for name, value in group.values.items()}
            for name, start in program.slots.items():
                inputs["first", name] = name in tensor.fresh
                if start.element:
                    inputs["slot", name] = np.asarray(tensor.slots[name], dtype=kind)
                else:
                    inputs["scalar_slot", name] = tensor.slots[name]
            evaluators.append(make(inputs, kind))
    _reduce_over_all(program, evaluators)
    return evaluators


def _reduce_over_all(program: Program, evaluators: Iterable[Evaluator]) -> None:
    for node in nodes(*program.roots()):
        if node.op == "reduce" and node.value.scope == "all":
            total = REDUCTION_START[node.value.kind]
            parts = [evaluate(node) for evaluate in evaluators]
            for part in parts:
                total = COMBINE[node.value.kind](total, part)
            for evaluate in evaluators:
                evaluate.known[node] = total


def make_slots(program: Program, tensor: Tensor, values: Any) -> None:
    """Make the slots that the tensor does not have yet, as the rule's signature says they start."""
    for name, start in program.slots.items():
        if name in tensor.slots:
            continue
        tensor.fresh.add(name)
        kind = slot_type(tensor.parameter.dtype)
        inputs: dict[Any, Any] = {("hyper", key): value for key, value in values.items()}
        inputs["parameter", "p"] = np.asarray(tensor.parameter, dtype=kind)
        value = Evaluator(inputs, kind)(start.value)
        if not start.element:
            tensor.slots[name] = float(value)
        else:
            slot = aligned_zeros(tensor.parameter, kind)
            if start.value.op != "constant" or value != 0.0:
                slot[...] = value
            tensor.slots[name] = slot


def evaluation_weights(program: Program, tensor: Tensor, values: Any) -> Array | None:
    """The weights to evaluate with, in the tensor's working type; None where they are p itself."""
    if program.weights is None or len(tensor.slots) < len(program.slots):
        return None
    kind = working_type(tensor.parameter.dtype)
    inputs: dict[Any, Any] = {("hyper", key): value for key, value in values.items()}
    inputs["parameter", "p"] = np.asarray(tensor.parameter, dtype=kind)
    inputs["size", "tensor"] = float(tensor.parameter.size)
    for name, start in program.slots.items():
        role = "slot" if start.element else "scalar_slot"
        value = tensor.slots[name]
        inputs[role, name] = np.asarray(value, dtype=kind) if start.element else value
    with np.errstate(all="ignore"):
        return np.asarray(Evaluator(inputs, kind)(program.weights), dtype=kind)
