"""What engines must get right: aliasing, scalar branches, reductions, slots, primitives."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adamas import (
    clip,
    cos,
    evaluate,
    exp,
    first,
    floor,
    full,
    global_largest,
    global_mean,
    global_norm,
    global_sum,
    largest,
    learning_rate,
    like,
    log,
    mean,
    norm,
    rule,
    scalar,
    sign,
    sqrt,
    where,
)
from adamas import sum as sum_of
from adamas.engines.interpret import Evaluator
from adamas.errors import EngineError
from adamas.graph.passes import lower
from adamas.graph.program import build
from adamas.language.expression import Expression, input_
from adamas.language.primitives import PRIMITIVES, on_numbers
from adamas.numpy import Optimizer
from adamas.symbols import lr as lr_
from adamas.symbols import p as p_
from tests.helpers.cases import ENGINES

pytestmark = pytest.mark.parametrize("engine", ENGINES)


def step(rule_: Any, params: Any, grads: Any, engine: str, times: int = 1) -> Optimizer:
    optimizer = Optimizer(rule_, params, engine=engine)
    for _ in range(times):
        optimizer.step(grads)
    return optimizer


def test_a_slot_can_become_the_old_p(engine: str) -> None:
    @rule
    def keeps(p, g, old, *, lr=learning_rate(0.5)):
        before = p
        return p - lr * g, before

    p = np.ones(3)
    assert step(keeps, p, np.ones(3), engine).state["old"].tolist() == [1, 1, 1]
    assert p.tolist() == [0.5, 0.5, 0.5]


def test_slots_can_change_places(engine: str) -> None:
    @rule
    def swaps(p, g, a=full(1.0), b=full(2.0)):
        return p - g, b, a

    optimizer = step(swaps, np.ones(2), np.ones(2), engine)
    assert optimizer.state["a"].tolist() == [2, 2]
    assert optimizer.state["b"].tolist() == [1, 1]


def test_a_slot_can_become_the_gradient(engine: str) -> None:
    @rule
    def remembers(p, g, last):
        return p - last, g

    p, grads = np.zeros(2), np.ones(2)
    optimizer = step(remembers, p, grads, engine)
    grads[:] = 7
    assert optimizer.state["last"].tolist() == [1, 1]
    optimizer.step(grads)
    assert p.tolist() == [-1, -1]


def test_gradients_may_be_the_parameters(engine: str) -> None:
    @rule
    def shrinks(p, g, m, *, lr=learning_rate(0.5)):
        m = m + g
        return p - lr * g, m

    p = np.ones(2)
    optimizer = step(shrinks, p, p, engine)
    assert p.tolist() == [0.5, 0.5]
    assert optimizer.state["m"].tolist() == [1, 1]


def test_scalar_branches_are_values_per_element(engine: str) -> None:
    @rule
    def branches(p, g, m, *, lr=learning_rate(1.0)):
        weight = where(first(m), 1.0, m)
        length = norm(weight)
        m = where(first(m), 3.0, m)
        p = p - lr * g / where(lr > 2, p, 0.0) * 0 - length * g
        return p, m

    p = np.zeros(4)
    optimizer = step(branches, p, np.ones(4), engine)
    assert optimizer.state["m"].tolist() == [3] * 4
    assert np.isnan(p).all()  # 1 / 0 * 0, and no ZeroDivisionError
    q = np.zeros(4)
    norms = Optimizer(rule(_only_norm), q, engine=engine)
    norms.step(np.ones(4))
    assert q.tolist() == [-2] * 4
    norms.step(np.ones(4))
    assert q.tolist() == [-8] * 4


def _only_norm(p, g, m):
    length = norm(where(first(m), 1.0, m))
    return p - length * g, where(first(m), 3.0, m)


def test_the_branch_not_taken_is_not_evaluated(engine: str) -> None:
    @rule
    def careful(p, g, n=scalar(0.0), *, lr=learning_rate(1.0)):
        n = n + 1
        rate = where(n > 1, sqrt(lr - 2), lr)
        return p - rate * g, n

    p = np.ones(1)
    optimizer = step(careful, p, np.ones(1), engine)
    assert p == 0
    optimizer.step(np.ones(1))
    assert np.isnan(p).all()


def test_reductions(engine: str) -> None:
    @rule
    def reduces(p, g, a, b, c, d, e=scalar(0.0), f=scalar(0.0), h=scalar(0.0), i=scalar(0.0)):
        return (
            p - g,
            a + sum_of(g),
            b + mean(g),
            c + norm(g),
            d + largest(g),
            global_sum(g),
            global_mean(g),
            global_norm(g),
            global_largest(g),
        )

    params = [np.zeros(2), np.zeros((1, 3)), np.zeros(2)]
    grads = [np.array([3.0, -4.0]), np.array([[1.0, 2.0, 2.0]]), None]
    state = step(reduces, params, grads, engine).state
    assert [state[name][0][0] for name in "abcd"] == [-1, -0.5, 5, 3]
    assert [state[name][1][0, 0] for name in "abcd"] == [5, 5 / 3, 3, 2]
    for leaf in (0, 1):
        assert [state[name][leaf] for name in "efhi"] == [4, 4 / 5, math.sqrt(34), 3]


def test_reductions_are_known_before_anything_is_written(engine: str) -> None:
    @rule
    def together(p, g):
        return p - global_norm(p) * g

    params = [np.array([3.0]), np.array([4.0])]
    step(together, params, [np.ones(1), np.ones(1)], engine)
    assert [value.item() for value in params] == [-2, -1]


def test_reductions_of_reductions(engine: str) -> None:
    @rule
    def nested(p, g):
        share = g / global_norm(g)
        return p - global_sum(share * norm(g)) * share

    params = [np.zeros(1), np.zeros(1)]
    step(nested, params, [np.array([3.0]), np.array([4.0])], engine)
    total = 3 / 5 * 3 + 4 / 5 * 4
    np.testing.assert_allclose([value.item() for value in params], [-total * 0.6, -total * 0.8])


def test_sums_are_accumulated_in_float64(engine: str) -> None:
    @rule
    def adds(p, g, s=scalar(0.0)):
        return p - g, sum_of(g)

    grads = np.full(100_000, 0.1, np.float32)
    state = step(adds, np.zeros(100_000, np.float32), grads, engine).state["s"]
    assert state == pytest.approx(100_000 * float(np.float32(0.1)), rel=1e-12)

    @rule
    def squares(p, g, s=scalar(0.0)):
        return p - g, norm(g)

    # Squares of 1e30 do not fit into float32, those of 1e-30 vanish in it.
    for size in (1e30, 1e-30):
        grads = np.full(4, size, np.float32)
        state = step(squares, np.zeros(4, np.float32), grads, engine).state["s"]
        assert state == pytest.approx(2 * float(np.float32(size)), rel=1e-12)


def test_how_slots_start(engine: str) -> None:
    @rule
    def starts(
        p,
        g,
        zeros,
        copy=like(p_),
        twice=like(2 * p_ + lr_),
        filled=full(lr_ / 2),
        number=scalar(lr_ + 1),
        *,
        lr=learning_rate(0.5),
    ):
        return p - lr * g, zeros, copy, twice, filled, number

    p = np.array([1.0, 2.0], np.float32)
    optimizer = Optimizer(starts, p, engine=engine)
    assert all(value is None for value in optimizer.state.values())
    optimizer.step(np.ones(2, np.float32))
    state = optimizer.state
    assert state["zeros"].tolist() == [0, 0]
    assert state["copy"].tolist() == [1, 2]
    assert state["twice"].tolist() == [2.5, 4.5]
    assert state["filled"].tolist() == [0.25, 0.25]
    assert state["number"] == 1.5
    assert {v.dtype.name for k, v in state.items() if k != "number"} == {"float32"}
    optimizer.step(np.ones(2, np.float32))
    assert optimizer.state["copy"].tolist() == [1, 2]


def test_first_is_not_the_first_step(engine: str) -> None:
    @rule
    def counts(p, g, m, t):
        return p - g, where(first(m), 100, m) + t

    optimizer = step(counts, np.zeros(1), np.ones(1), engine, times=2)
    assert optimizer.state["m"] == 103


def test_first_asks_whether_the_slot_was_written(engine: str) -> None:
    # A checkpoint may bring the slot before the tensor's first step, or lack it after some.
    from adamas import rules
    from adamas.engines.choose import make_engine
    from adamas.engines.work import Tensor

    program = lower(build(rules.momentum))
    values = {"lr": 1.0, "momentum": 0.5, "dampening": 0.5}
    brought = Tensor("brought", np.zeros(1), {"b": np.array([2.0])}, 0)
    lacking = Tensor("lacking", np.zeros(1), {}, 7)
    made = make_engine(engine, program, [brought, lacking], [0, 0])
    made.set_values([values])
    made.push()
    assert made.step(made.adapt([np.ones(1), np.ones(1)]), 1)
    made.pull()
    assert brought.slots["b"] == 1.5
    assert lacking.slots["b"] == 1
    assert lacking.t == 8


def test_two_clocks(engine: str) -> None:
    @rule
    def clocks(p, g, a=scalar(0.0), b=scalar(0.0), *, lr=learning_rate(1.0)):
        return p - g, a, b

    @rule
    def reads(p, g, t, step, a=scalar(0.0), b=scalar(0.0)):
        return p - g, t + 0 * a, step + 0 * b

    optimizer = Optimizer(reads, [np.zeros(1), np.zeros(1)], engine=engine)
    for grads in ([np.ones(1), None], [np.ones(1), np.ones(1)], [None, np.ones(1)]):
        optimizer.step(grads)
    assert optimizer.state["a"] == [2, 2]
    assert optimizer.state["b"] == [2, 3]


def test_evaluation_weights_of_a_rule_without_slots(engine: str) -> None:
    @rule
    def signs(p, g, *, lr=learning_rate(1.0)):
        p = p - lr * g
        return p, evaluate(sign(p) * mean(abs(p)))

    p = np.array([3.0, -2.0])
    optimizer = step(signs, p, np.ones(2), engine)
    with optimizer.evaluating():
        assert p.tolist() == [2.5, -2.5]
    assert p.tolist() == [2, -3]


def test_schedules_begin_at_step_one(engine: str) -> None:
    from adamas import rules, schedules

    p = np.zeros(1)
    optimizer = Optimizer(rules.sgd(lr=schedules.warmup(4)), p, engine=engine)
    seen = []
    for _ in range(5):
        optimizer.step(np.array([-1.0]))
        seen.append(p.item())
    assert seen == [0.25, 0.75, 1.5, 2.5, 3.5]


def test_unknown_operations(engine: str) -> None:
    node = Expression("tanh", (input_("gradient", "g"),), None, "rules.py:3")
    with pytest.raises(EngineError, match=r"unknown operation 'tanh' \(rules.py:3\)"):
        Evaluator({("gradient", "g"): np.ones(1)}, np.float64)(node)


# Primitives ---------------------------------------------------------------------------------------


def test_the_list_of_primitives_is_closed(engine: str) -> None:
    assert set(PRIMITIVES) == {
        *("add", "sub", "mul", "div", "pow", "neg", "abs", "sign", "sqrt", "exp", "expm1", "log"),
        *("cos", "floor", "minimum", "maximum", "lt", "le", "gt", "ge", "eq", "ne", "where"),
    }


NUMBERS = st.one_of(
    st.floats(width=64),
    st.sampled_from([0.0, -0.0, 1.0, -1.0, 0.5, 2.0, np.inf, -np.inf, np.nan, 1e308, -1e-308]),
)


@pytest.mark.parametrize("name", [n for n in PRIMITIVES if n != "where"])
@given(a=NUMBERS, b=NUMBERS)
def test_a_number_and_an_array_mean_the_same(engine: str, name: str, a: float, b: float) -> None:
    primitive = PRIMITIVES[name]
    operands = (a, b)[: primitive.arity]
    number = on_numbers(name, *operands)
    with np.errstate(all="ignore"):
        array = primitive.array(*(np.array([x, x]) for x in operands))[0]
    assert type(number) is (bool if primitive.condition else float)
    if name in ("pow", "exp", "expm1", "log", "cos"):  # libm and NumPy round differently
        assert number == pytest.approx(array, rel=1e-13, abs=1e-300, nan_ok=True)
    else:
        np.testing.assert_array_equal(number, array)


@given(a=st.floats(-5, 5), b=st.floats(0.1, 5))
def test_functions_of_the_language(engine: str, a: float, b: float) -> None:
    x, y = input_("hyper", "x"), input_("hyper", "y")
    evaluate_ = Evaluator({("hyper", "x"): a, ("hyper", "y"): b}, np.float64)
    for node, expected in {
        clip(x, -1, 2): min(max(a, -1), 2),
        where(x > 0, x, y): a if a > 0 else b,
        exp(x): math.exp(a),
        log(y): math.log(b),
        cos(x): math.cos(a),
        floor(x): math.floor(a),
        sign(x): (a > 0) - (a < 0),
        sqrt(y): math.sqrt(b),
        2**x: 2.0**a,
        x - 1: a - 1,
        1 - x: 1 - a,
        1 / y: 1 / b,
        x / y: a / b,
        -x: -a,
        +x: a,
        abs(x): abs(a),
        x * y + 1: a * b + 1,
    }.items():
        assert evaluate_(node) == expected, node


def test_types_are_kept(engine: str) -> None:
    program = build(rule(lambda p, g: p - 0.5 * sqrt(abs(g))))
    for kind in (np.float32, np.float64):
        inputs = {("parameter", "p"): np.ones(2, kind), ("gradient", "g"): np.ones(2, kind)}
        assert Evaluator(inputs, kind)(program.outputs["p"]).dtype == kind
