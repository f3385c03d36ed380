"""Compiling: any Program, once per structure and types, readable, for other processors too."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from adamas import chain, norm, rules, schedules
from adamas.engines import choose
from adamas.engines.cpu import compile as compiling
from adamas.engines.cpu.cost import cost
from adamas.engines.cpu.types import Kind
from adamas.errors import EngineError
from adamas.graph.passes import lower
from adamas.graph.program import build
from adamas.language.declare import full, learning_rate, scalar
from adamas.language.expression import Expression, input_
from adamas.language.functions import (
    cos,
    exp,
    floor,
    global_largest,
    global_mean,
    largest,
    log,
    maximum,
    mean,
    minimum,
    sign,
    where,
)
from adamas.language.functions import sum as total
from adamas.language.rule import rule
from adamas.numpy import Optimizer
from tests.helpers.steps import assert_step_agrees

FLOAT32 = Kind("float32", "float32", "float32")


@rule
def everything(p, g, m, t, step, s=scalar(1.0), c=full(0.5), *, lr=learning_rate(0.1)):
    """Every primitive, every kind of slot, reductions that wait for reductions."""
    size = norm(g) + total(abs(g)) + mean(p) + largest(abs(p)) + global_largest(g)
    s = s * 0.5 + size
    waves = exp(-abs(g)) + log(1 + abs(p)) + cos(p) + abs(g) ** 1.5 + 2**-m
    steps = floor(3 * g) + sign(p) + where(g > p, 1, -1) + where(g <= 0, p, g)
    more = where(g != m, 0.25, g) + where(g == m, 0.5, p) + where(p >= 0, 1, 2)
    m = minimum(maximum(waves / s, -3), 3) + 0.1 * steps + 0.01 * more
    c = where(t < 3, c, c * 0.9)
    p = p - lr * m * c / (1 + global_mean(abs(m)) + norm(m)) + 0.001 * (step - t)
    return p, m, s, c


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_all_primitives_slots_and_reductions_agree_with_the_definition(dtype: str) -> None:
    rng = np.random.default_rng(0)
    shapes = {"a": (7, 5), "b": (33,), "c": ()}
    params = {n: np.asarray(rng.standard_normal(s), dtype) for n, s in shapes.items()}
    optimizer = Optimizer(everything, params)
    assert optimizer.engine == "cpu"
    for _ in range(10):
        grads = {n: np.asarray(rng.standard_normal(s), dtype) for n, s in shapes.items()}
        assert_step_agrees(optimizer, grads, dtype)


def test_nothing_is_compiled_again_when_values_change() -> None:
    def compiled() -> int:
        return compiling.compiled.cache_info().misses

    params = {"a": np.ones(5, np.float32), "b": np.ones(5, np.float32)}
    grads = {"a": np.ones(5, np.float32), "b": np.ones(5, np.float32)}
    optimizer = Optimizer(rules.adamw(1e-3), params, overrides={"b": {"weight_decay": 0.0}})
    optimizer.step(grads)
    before = compiled()
    optimizer.hyper["lr"] = 1e-4
    optimizer.step(grads)
    optimizer.hyper["lr"] = 1e-3 * schedules.warmup(10)
    optimizer.step(grads)
    optimizer.hyper["lr"] = 1e-3 * schedules.cosine(10)
    optimizer.step({"a": None, "b": grads["b"]})
    Optimizer(rules.adamw(1.0, eps=0.1), {"x": np.ones((3, 4), np.float32)})
    Optimizer(chain(rules.adamw(0.5)), [np.ones(1, np.float32)])
    assert compiled() == before


def test_the_authors_names_stand_in_the_code() -> None:
    text = str(compiling.module_of(compiling.plan(lower(build(rules.adam))), FLOAT32))
    for name in ("v_hat", "update", "beta1", "lr", '"p"', '"g"', '"m"'):
        assert name in text, name
    assert "fast" not in text, "no flag that assumes finite values or reorders sums"


def test_the_code_is_the_same_from_run_to_run() -> None:
    plan = compiling.plan(lower(build(rules.nadam)))
    assert str(compiling.module_of(plan, FLOAT32)) == str(compiling.module_of(plan, FLOAT32))


PROCESSORS = {
    "avx512": ("x86_64-unknown-linux-gnu", "skylake-avx512", "", r"zmm\d+"),
    "avx2": ("x86_64-unknown-linux-gnu", "haswell", "", r"vmulps\s.*ymm\d+"),
    "aarch64": ("aarch64-unknown-linux-gnu", "", "+neon", r"fmul\s+v\d+\.4s"),
}


@pytest.mark.parametrize("name", PROCESSORS)
def test_the_same_ir_becomes_vector_code_for_other_processors(name: str) -> None:
    triple, processor, features, expected = PROCESSORS[name]
    module = compiling.module_of(compiling.plan(lower(build(rules.adamw))), FLOAT32)
    text = compiling.assembly(module, compiling.cross_machine(triple, processor, features))
    body = text.split("pass_0_elements:")[1].split("pass_0:")[0]
    assert re.search(expected, body), body
    assert not re.search(r"\b(bl|call\w*)\s", body), "nothing is called from inside the loop"


def test_cost_counts_what_is_moved() -> None:
    plan = compiling.plan(lower(build(rules.adam)))
    assert cost(plan, FLOAT32).bytes_moved == 28
    assert cost(plan, Kind("bfloat16", "bfloat16", "float32")).bytes_moved == 2 * 3 + 4 * 4
    clipped = compiling.plan(
        lower(build(chain(rules.clip_global_norm, rules.adamw, rules.average)))
    )
    assert cost(clipped, FLOAT32).bytes_moved == 4 + 36
    assert [set(one.loads) for one in cost(clipped, FLOAT32).passes] == [
        {"g"},
        {"p", "g", "m", "v", "average.x"},
    ]


def test_an_unknown_operation_names_the_operation_the_rule_and_the_line() -> None:
    program = lower(build(rules.sgd))
    strange = Expression("erf", (input_("parameter", "p"),), None, "my_rules.py:7")
    broken = type(program)("mine", {"p": strange}, {}, {}, None, ())
    with pytest.raises(EngineError, match=r"'erf' in mine \(my_rules.py:7\)"):
        compiling.module_of(compiling.plan(broken), FLOAT32)


def test_without_llvmlite_the_interpreter_steps_with_a_warning(monkeypatch: Any) -> None:
    monkeypatch.setattr(choose, "why_not_cpu", lambda: "llvmlite is missing")
    with pytest.warns(RuntimeWarning, match="llvmlite is missing"):
        optimizer = Optimizer(rules.sgd(0.5), [np.ones(3)])
    assert optimizer.engine == "interpret"
    optimizer.step([np.ones(3)])
    assert (optimizer.params[0] == 0.5).all()


def test_explain_says_what_runs_and_why_not_faster() -> None:
    gapped = np.ones((10, 2), np.float32)[:, 0]
    params = {"plain": np.ones(10, np.float32), "half": np.ones(10, np.float16), "gapped": gapped}
    text = Optimizer(chain(rules.clip_global_norm, rules.adam), params).explain()
    for part in ("2 fused passes", "3 tensors", "float16", "'gapped'", "ascontiguousarray"):
        assert part in text, text
    alone = Optimizer(rules.adam, [np.ones(3)], engine="interpret").explain()
    assert 'engine="cpu"' in alone
