"""An optimizer's steps beside the definition's: `truths` before a step, `assert_*` after it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from adamas.engines.agreement import Truth, assert_agrees, truth
from adamas.engines.interpret import evaluators_for, make_slots
from adamas.engines.work import Group, Tensor
from adamas.graph.passes import lower
from adamas.graph.program import build
from adamas.language.chain import Rule
from adamas.numpy import Optimizer
from adamas.numpy.tree import leaves, match


def run(rule: Rule, params: Any, gradients: Iterable[Any], **options: Any) -> Optimizer:
    """An optimizer that has stepped `params` along `gradients`."""
    optimizer = Optimizer(rule, params, **options)
    for gradient in gradients:
        optimizer.step(gradient)
    return optimizer


def snapshot(optimizer: Optimizer) -> list[Tensor]:
    """Copies of every tensor with its state, as the optimizer shows them."""
    tensors = {path: Tensor(path, parameter.copy()) for path, parameter in leaves(optimizer.params)}
    for path, count in leaves(optimizer.steps):
        tensors[path].t = count
    for name, tree in optimizer.state.items():
        for path, value in leaves(tree):
            if value is not None:
                tensors[path].slots[name] = value.copy() if isinstance(value, np.ndarray) else value
    return list(tensors.values())


def groups_of(optimizer: Optimizer, gradients: Any) -> list[Group]:
    """One group per tensor that takes the next step, made of copies."""
    program = build(optimizer.rule)
    groups = []
    flat = match(optimizer.params, gradients, optimizer.paths, "grads")
    for tensor, gradient, override in zip(
        snapshot(optimizer), flat, optimizer.overrides, strict=True
    ):
        if gradient is not None:
            values = optimizer.hyper.at(optimizer.step_count + 1, override)
            make_slots(program, tensor, values)
            groups.append(Group(values, [tensor], [gradient]))
    return groups


def truths(optimizer: Optimizer, gradients: Any, dtype: str) -> list[Truth]:
    """What the next step gives by the definition, from the optimizer's present state."""
    groups = groups_of(optimizer, gradients)
    return truth(build(optimizer.rule), groups, optimizer.step_count + 1, dtype)


def assert_step_agrees(optimizer: Optimizer, gradients: Any, dtype: str) -> None:
    """Take a step; parameters and every slot must agree with the definition."""
    expected = truths(optimizer, gradients, dtype)
    optimizer.step(gradients)
    after = {tensor.path: tensor for tensor in snapshot(optimizer)}
    for known in expected:
        tensor = after[known.path]
        for name, value in {"p": tensor.parameter, **tensor.slots}.items():
            # A scalar slot is a float64 number whatever the type of the tensor.
            kind = "float64" if np.isscalar(value) else dtype
            assert_agrees(
                value,
                known.values[name],
                known.magnitudes[name],
                dtype=kind,
                uncertain=known.uncertain[name],
                what=f"{known.path}, {name}, step {optimizer.step_count}",
            )


def assert_delta_agrees(optimizer: Optimizer, gradients: Any, dtype: str) -> None:
    """The interpreter's delta in the parameters' type agrees with the definition's."""
    groups = groups_of(optimizer, gradients)
    program = build(optimizer.rule)
    expected = truth(program, groups, optimizer.step_count + 1, dtype)
    lowered = lower(program)
    evaluators = evaluators_for(lowered, groups, optimizer.step_count + 1)
    for evaluate, known in zip(evaluators, expected, strict=True):
        with np.errstate(all="ignore"):
            delta = evaluate(lowered.outputs["delta"])
        assert delta.dtype == dtype
        assert_agrees(
            delta,
            known.values["delta"],
            known.magnitudes["delta"],
            dtype=dtype,
            uncertain=known.uncertain["delta"],
            what=f"{known.path}, delta, step {optimizer.step_count + 1}",
        )


def assert_same(actual: Any, expected: Any, what: str = "") -> None:
    """Two trees are equal bit for bit, the sign of zero and the place of NaN included."""
    left, right = list(leaves(actual)), list(leaves(expected))
    assert [path for path, _ in left] == [path for path, _ in right], what
    for (path, a), (_, b) in zip(left, right, strict=True):
        if a is None or b is None:
            assert a is b, f"{what} {path}"
            continue
        a, b = np.asarray(a), np.asarray(b)
        assert a.dtype == b.dtype, f"{what} {path}: {a.dtype} and {b.dtype}"
        assert a.shape == b.shape, f"{what} {path}: {a.shape} and {b.shape}"
        if a.dtype.kind not in "iub":
            # Which NaN it is, and its sign, depends on the order of operands and means nothing.
            a, b = (np.where(np.isnan(x), np.asarray(np.nan, x.dtype), x) for x in (a, b))
        assert a.tobytes() == b.tobytes(), f"{what} {path}:\n{a!r}\n{b!r}"


def assert_same_optimizer(actual: Optimizer, expected: Optimizer) -> None:
    """Parameters, slots and clocks of two optimizers are equal bit for bit."""
    assert_same(actual.params, expected.params, "parameters")
    assert_same(actual.state, expected.state, "state")
    assert_same(actual.steps, expected.steps, "steps")
    assert actual.step_count == expected.step_count


def slots(optimizer: Optimizer) -> dict[str, Sequence[Any]]:
    """Each slot's leaves, those that have been made."""
    return {
        name: [value for _, value in leaves(tree) if value is not None]
        for name, tree in optimizer.state.items()
    }
