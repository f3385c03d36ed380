"""Each pass: the same values before and after it, in float64, and what it is there for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from adamas import learning_rate, rule, rules, sqrt, where
from adamas.engines.agreement import assert_agrees
from adamas.engines.interpret import Evaluator
from adamas.graph.passes import PASSES, TRACED_PASSES, lower
from adamas.graph.passes.delta import as_delta, delta_of
from adamas.graph.passes.fold import fold, simplify
from adamas.graph.passes.powers import expand_powers, stable_powers
from adamas.graph.passes.scalars import gather_scalars
from adamas.graph.passes.share import share
from adamas.graph.program import build, nodes
from adamas.language.expression import Expression, apply, constant, input_
from tests.helpers.cases import CASES
from tests.helpers.values import inputs_for, magnitudes, operations, outputs

P, G = input_("parameter", "p"), input_("gradient", "g")
LR = input_("hyper", "lr")


def numbers(case: str) -> dict[str, float]:
    values = CASES[case].values
    return {name: float(v) if isinstance(v, float) else v(3) for name, v in values.items()}


@pytest.mark.parametrize("case", CASES)
def test_every_pass_keeps_the_values(case: str) -> None:
    for passes in (PASSES, TRACED_PASSES):
        program = build(CASES[case])
        for a_pass in passes:
            after = a_pass(program)
            for seed in range(4):
                inputs = inputs_for(program, numbers(case), seed, first=seed == 0)
                expected, size = outputs(program, inputs), magnitudes(program, inputs)
                actual, other = outputs(after, inputs), magnitudes(after, inputs)
                for name, value in expected.items():
                    assert_agrees(
                        actual[name],
                        value,
                        np.maximum(size[name], other[name]),
                        dtype="float64",
                        # 1 - b**t and -expm1(t log b) differ by the rounding of b**t
                        ulps=16 if a_pass is not stable_powers else 1e5,
                        what=f"{a_pass.__name__}, {name}, seed {seed}",
                    )
            program = after


@pytest.mark.parametrize("case", CASES)
def test_delta_is_the_change_of_p(case: str) -> None:
    program = build(CASES[case])
    lowered = lower(program)
    for seed in range(4):
        inputs = inputs_for(program, numbers(case), seed, first=seed == 0)
        before, after = outputs(program, inputs), outputs(lowered, inputs)
        size = magnitudes(program, inputs)["output p"]
        change = before["output p"] - inputs["parameter", "p"]
        assert_agrees(after["output delta"], change, size, dtype="float64")
        np.testing.assert_array_equal(after["name update"], after["output delta"])


@pytest.mark.parametrize("case", CASES)
def test_lowering_twice_changes_nothing_more(case: str) -> None:
    once = lower(build(CASES[case]))
    twice = share(fold(gather_scalars(expand_powers(once))))
    assert operations(twice) == operations(once)


# as_delta ----------------------------------------------------------------------------------------


def value(node: Expression, p: float = 3.0, g: float = 0.5, lr: float = 0.25) -> Any:
    inputs = {
        ("parameter", "p"): np.array([p]),
        ("gradient", "g"): np.array([g]),
        ("hyper", "lr"): lr,
        ("first", "m"): True,
    }
    with np.errstate(all="ignore"):
        return np.asarray(Evaluator(inputs, np.float64)(node)).reshape(-1)[0]


NEW_PARAMETERS = {
    "p": P,
    "p - lr g": P - LR * G,
    "lr g + p": LR * G + P,
    "-p": -P,
    "2 p": 2 * P,
    "p 2": P * 2,
    "p / 2": P / 2,
    "(p - g) / 4": (P - G) / 4,
    "(1 - lr) p": (1 - LR) * P - G,
    "(lr + 1) p": (LR + 1) * P - G,
    "(1 + lr - lr/2) p": (1 + LR - LR / 2) * P,
    "(lr - 1) p": (LR - 1) * P,
    "(3 - lr) p": (3 - LR) * P + G,
    "g - p": G - P,
    "g - (p + g)": G - (P + G),
    "lr (p - g)": LR * (P - G),
    "-(p - g)": -(P - G),
    "p g": P * G,
    "p + p g": P + P * G,
    "p p": P * P,
    "g / p": G / P,
    "scalar where": where(LR > 0, P - G, 2 * P),
    "scalar where without p": where(LR > 1, P - G, G),
    "scalar where, both plain": where(LR > 1, P - G, P + G),
    "factor where": where(LR > 0, 1 - LR, 1) * P - G,
    "element where": where(G > 0, P - G, P + LR * G),
    "element where of scalars": where(G > 0, LR, P),
    "first": where(input_("first", "m"), P, P - G),
    "root": sqrt(P * P + G),
}


@pytest.mark.parametrize("name", NEW_PARAMETERS)
def test_delta_of(name: str) -> None:
    new = NEW_PARAMETERS[name]
    delta = fold(_program(delta_of(new, P))).outputs["p"]
    for p, g, lr in ((3.0, 0.5, 0.25), (-2.0, -0.75, 0.5), (5.0, 2.0, 0.0)):
        expected = value(new, p, g, lr) - p
        assert value(delta, p, g, lr) == pytest.approx(expected, rel=1e-14, abs=1e-15)


def test_delta_keeps_what_a_large_p_would_swallow() -> None:
    # p + delta rounds delta away; delta itself must not be rounded with it.
    for name in ("p - lr g", "lr g + p", "(1 - lr) p", "(lr + 1) p", "factor where", "first"):
        delta = delta_of(NEW_PARAMETERS[name], P)
        below = {id(node) for node in nodes(delta)}
        if name in ("p - lr g", "lr g + p"):
            assert id(P) not in below, name
    factor = value(delta_of((1 - LR) * P, P), p=1.0, lr=1e-20)
    assert factor == -1e-20
    factor = value(delta_of((LR + 1) * P, P), p=1.0, lr=1e-20)
    assert factor == 1e-20


def _program(node: Expression) -> Any:
    from dataclasses import replace

    return replace(build(rules.sgd), outputs={"p": node}, names={})


def test_outputs_that_read_the_new_p_read_p_plus_delta() -> None:
    @rule
    def follows(p, g, seen, *, lr=learning_rate(0.1)):
        p = p - lr * g
        seen = 2 * p
        return p, seen

    program = as_delta(build(follows))
    moved = program.outputs["p"]
    assert moved.op == "add"
    assert moved.args[0] is P
    assert moved.args[1] is program.outputs["delta"]
    assert program.outputs["seen"].args[1] is moved


# The others --------------------------------------------------------------------------------------


def test_fold() -> None:
    x = G
    same = [x * 1, 1 * x, x / 1, x - 0, x**1, apply("neg", -x)]
    for node in same:
        assert simplify(node) is x, node
    for kept in (x + 0, x * 0, 0 - x, 1 / x, x - 1, 0 * x, x**2, -x, 2 * x, x / 2):
        assert simplify(kept) is kept, kept
    assert simplify(apply("mul", 2, 3)).value == 6
    assert simplify(apply("div", 1, 0)).value == np.inf
    assert simplify(apply("sub", 1, 0.9)).value == 1 - 0.9


def test_powers() -> None:
    for exponent, products in ((2, 1), (3, 2), (4, 2)):
        program = expand_powers(_program(G**exponent))
        counts = operations(share(program))
        assert counts == {"mul": products}
        assert value(program.outputs["p"], g=1.5) == 1.5**exponent
    assert operations(expand_powers(_program(G**0.5))) == {"sqrt": 1}
    for kept in (G**5, G**LR, G**-1, LR**2 * G):
        assert expand_powers(_program(kept)).outputs["p"] is kept


def test_stable_powers_keep_digits_where_scalars_are_float32() -> None:
    t = input_("clock", "t")
    node = 1 - LR**t
    stable = stable_powers(_program(node * G)).outputs["p"].args[0]
    assert stable.op == "mul"
    beta, one = np.float32(0.999), np.float32(1)
    plain = abs((one - beta**one) / (1 - float(beta)) - 1)
    with_expm1 = abs(-np.expm1(one * np.log(beta)) / (1 - float(beta)) - 1)
    assert plain < 3e-5
    assert with_expm1 < 5e-7
    for kept in (1 - LR**2, 2 - LR**t, 1 - G**t, LR**t - 1):
        assert stable_powers(_program(kept * G)).outputs["p"].args[0] is kept


def test_gather_scalars_leaves_one_division_and_one_factor() -> None:
    program = lower(build(rules.adam))
    counts = operations(program)
    # sqrt(v_hat) is a root of v times a scalar; m_hat needs no division
    assert counts["div"] == 1
    assert counts["sqrt"] == 1
    before = operations(build(rules.adam))
    assert before["div"] == 3


def test_gather_scalars_keeps_quotients_of_elements_whole() -> None:
    # 1 / (0/0) is NaN, and turning the quotient over would make it 0/0 * ... the same; but
    # 1 / (1/0) is 0 and must stay 0.
    node = gather_scalars(_program(LR / (G / P))).outputs["p"]
    assert value(node, p=0.0, g=1.0) == 0
    assert np.isnan(value(node, p=0.0, g=0.0))
    # Nor may a divisor's own divisor be multiplied into something that overflows.
    quotient = gather_scalars(_program(P * LR / (G / P))).outputs["p"]
    assert value(quotient, p=1e200, g=1e200, lr=1.0) == 1e200
    square = (G * LR) * (G * LR)
    tree = G * LR
    gathered = gather_scalars(_program(tree * tree * LR)).outputs["p"]
    assert value(gathered, g=1e200, lr=1e-200) == pytest.approx(1e-200)
    assert value(square, g=1e200, lr=1e-200) == pytest.approx(1)


def test_gather_scalars_keeps_the_order_of_products_and_quotients() -> None:
    node = LR * (G / P) * G
    for size in (1e-200, 1e200):
        plain = value(node, p=size, g=size, lr=1.0)
        assert plain == size
        assert value(gather_scalars(_program(node)).outputs["p"], p=size, g=size, lr=1.0) == plain


def test_share_makes_equal_nodes_one() -> None:
    program = share(_program((G * LR) + (G * LR)))
    node = program.outputs["p"]
    assert node.args[0] is node.args[1]
    signed = share(_program((G + constant(0.0)) * (G + constant(-0.0)))).outputs["p"]
    assert signed.args[0] is not signed.args[1]
    other = share(_program((G - P) * (P - G))).outputs["p"]
    assert other.args[0] is not other.args[1]
