"""Arrays of every layout, size and type go through the CPU engine and agree with the definition."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest

from adamas import chain, rules
from adamas.engines.cpu.engine import ALONE
from adamas.engines.cpu.tables import CHUNK
from adamas.errors import EngineError, TreeError
from adamas.numpy import Optimizer
from tests.helpers.steps import assert_same, assert_step_agrees

CLIPPED = chain(rules.clip_global_norm(0.5), rules.adamw(1e-2), rules.average(0.9))
TYPES = {
    "float64": np.float64,
    "float32": np.float32,
    "float16": np.float16,
    "bfloat16": ml_dtypes.bfloat16,
}


def normal(shape: Any, dtype: Any = np.float32, seed: int = 0) -> Any:
    return np.asarray(np.random.default_rng(seed).standard_normal(shape)).astype(dtype)


def gapped(array: Any) -> Any:
    """The same values in every second place of a larger array."""
    wide = np.zeros((*array.shape, 2), array.dtype)
    wide[..., 0] = array
    return wide[..., 0]


def unaligned(array: Any) -> Any:
    """The same values one byte off."""
    memory = np.zeros(array.nbytes + 1, np.uint8)
    moved = memory[1:].view(array.dtype).reshape(array.shape)
    moved[...] = array
    return moved


LAYOUTS = {
    "C": np.ascontiguousarray,
    "Fortran": np.asfortranarray,
    "gapped": gapped,
    "unaligned": unaligned,
    "reversed": lambda array: np.ascontiguousarray(array[::-1])[::-1],
    "read-only": lambda array: _frozen(array),
}


def _frozen(array: Any) -> Any:
    array = array.copy()
    array.flags.writeable = False
    return array


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("rule", [rules.adamw(1e-2), rules.nadam, CLIPPED], ids=lambda r: r.name)
def test_every_type_agrees_with_the_definition(rule: Any, kind: str) -> None:
    dtype = TYPES[kind]
    params = {"a": normal((6, 7), dtype), "b": normal(33, dtype), "c": normal((), dtype)}
    optimizer = Optimizer(rule, params)
    for step in range(20):
        grads = {name: normal(p.shape, dtype, step + 1) for name, p in params.items()}
        assert_step_agrees(optimizer, grads, kind)
    for name in ("a", "b", "c"):
        expected = np.float64 if kind == "float64" else np.float32
        assert params[name].dtype == dtype
        assert optimizer.state["m"][name].dtype == expected


def test_types_mix_in_one_tree() -> None:
    params = {kind: normal(50, dtype) for kind, dtype in TYPES.items()}
    alone = {kind: {kind: array.copy()} for kind, array in params.items()}
    together = Optimizer(CLIPPED.bind({"clip_global_norm.max_norm": 1e9}), params)
    grads = {kind: normal(50, dtype, 1) for kind, dtype in TYPES.items()}
    together.step(grads)
    for kind, own in alone.items():
        Optimizer(CLIPPED.bind({"clip_global_norm.max_norm": 1e9}), own).step({kind: grads[kind]})
        assert_same(params[kind], own[kind])


@pytest.mark.parametrize("of_gradient", LAYOUTS)
@pytest.mark.parametrize("of_parameter", [name for name in LAYOUTS if name != "read-only"])
def test_every_layout_gives_the_same_bits(of_parameter: str, of_gradient: str) -> None:
    plain, laid = normal((9, 5)), LAYOUTS[of_parameter](normal((9, 5)))
    expected, optimizer = Optimizer(CLIPPED, [plain]), Optimizer(CLIPPED, [laid])
    for step in range(4):
        gradient = normal((9, 5), seed=step + 1)
        expected.step([gradient])
        optimizer.step([LAYOUTS[of_gradient](gradient)])
    assert_same(np.ascontiguousarray(laid), plain)
    for name in optimizer.state:
        assert_same(np.ascontiguousarray(optimizer.state[name][0]), expected.state[name][0])


def test_a_subclass_of_array_is_a_gradient() -> None:
    class Mine(np.ndarray):
        pass

    params = [normal(20), normal(20)]
    Optimizer(rules.sgd(1.0), [params[0]]).step([normal(20, seed=1)])
    Optimizer(rules.sgd(1.0), [params[1]]).step([normal(20, seed=1).view(Mine)])
    assert_same(params[0], params[1])


@pytest.mark.parametrize(
    "size", [0, 1, 15, 16, 17, CHUNK - 1, CHUNK, CHUNK + 1, ALONE + 17, 3 * CHUNK]
)
def test_sizes_around_vectors_chunks_and_threads(size: int) -> None:
    """A result does not depend on where an element stands or how the work is cut."""
    whole = normal(size)
    apart = [np.array([value]) for value in whole[:40]] + [whole[40:].copy()]
    gradient = normal(size, seed=1)
    cut = [np.array([value]) for value in gradient[:40]] + [gradient[40:].copy()]
    Optimizer(rules.adamw(1e-2), [whole]).step([gradient])
    Optimizer(rules.adamw(1e-2), apart).step(cut)
    assert_same(np.concatenate([np.ravel(part) for part in apart]) if size else whole, whole)


def test_a_large_tensor_beside_a_thousand_small_ones() -> None:
    rng = np.random.default_rng(0)
    params = [rng.standard_normal(1_000_000)] + [rng.standard_normal(()) for _ in range(1000)]
    params = [np.asarray(p, np.float32) for p in params]
    copies = [p.copy() for p in params]
    grads = [np.asarray(rng.standard_normal(p.shape), np.float32) for p in params]
    Optimizer(CLIPPED, params).step(grads)
    Optimizer(CLIPPED, copies, engine="interpret").step(grads)
    for a, b in zip(params, copies, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=4e-7 * max(1.0, float(np.abs(b).max())))


def test_arrays_whose_memory_is_swapped_between_steps() -> None:
    """Addresses are looked up at every step, for the same object can lie elsewhere by then."""
    param, gradient = normal(10), normal(10, seed=1)
    kept, reference = param.copy(), param.copy()
    optimizer, expected = (
        Optimizer(rules.adam(0.1), [param]),
        Optimizer(rules.adam(0.1), [reference]),
    )
    optimizer.step([gradient])
    expected.step([gradient])
    for array in (param, gradient):
        array.resize(100_000, refcheck=False)
        array.resize(10, refcheck=False)
    optimizer.step([gradient])
    expected.step([gradient])
    assert_same(param, reference)
    assert not np.array_equal(param, kept)


def test_a_parameter_that_changed_its_size_is_an_error() -> None:
    param = normal(10)
    optimizer = Optimizer(rules.adam(0.1), [param])
    optimizer.step([normal(10)])
    param.resize(12, refcheck=False)
    with pytest.raises((EngineError, TreeError), match=r"'0'.* 10 .* 12|'0'.*\(12,\).*\(10,\)"):
        optimizer.step([normal(10)])
    with pytest.raises(EngineError, match="'0' had 10 elements and now has 12"):
        optimizer.step([normal(12)])


def test_a_parameter_made_read_only_is_refused_and_nothing_is_stepped() -> None:
    params = [normal(10), normal(10)]
    optimizer = Optimizer(rules.sgd(0.1), params)
    before = [p.copy() for p in params]
    params[1].flags.writeable = False
    with pytest.raises(EngineError, match="'1' has been made read-only"):
        optimizer.step([normal(10), normal(10)])
    assert_same(params, before)
