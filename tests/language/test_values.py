"""Rules, chains and schedules as values: binding, equality, immutability, pickling; and capture."""

from __future__ import annotations

import copy
import cProfile
import dataclasses
import pickle
import sys
from typing import Any

import numpy as np
import pytest

from adamas import (
    between,
    chain,
    count,
    decay,
    ema,
    fraction,
    learning_rate,
    nonnegative,
    positive,
    rule,
    rules,
    schedules,
    shared,
)
from adamas.errors import HyperparameterError, RuleError
from adamas.graph.program import build, identity
from adamas.language.chain import as_rule
from adamas.language.declare import declared
from adamas.language.schedule import schedule
from tests.helpers.cases import CASES

# Binding ------------------------------------------------------------------------------------------


def test_binding_makes_a_new_value() -> None:
    bound = rules.adam(lr=3e-4)
    assert bound.values["lr"] == 3e-4
    assert rules.adam.values["lr"] == 1e-3
    assert bound(beta1=0.5).values == {"lr": 3e-4, "beta1": 0.5, "beta2": 0.999, "eps": 1e-8}
    assert rules.adam(3e-4) == bound
    assert rules.adam(1e-3) == rules.adam
    assert rules.adam != rules.adamw
    assert bound != rules.adam
    assert rules.adam != 3
    assert hash(bound) == hash(rules.adam(3e-4))
    assert len({rules.adam, rules.adam(1e-3), bound}) == 2
    assert repr(bound) == "adam(lr=0.0003, beta1=0.9, beta2=0.999, eps=1e-08)"


def test_values_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        rules.adam.values["lr"] = 1.0
    with pytest.raises(TypeError):
        rules.adam.hyperparameters["lr"] = None
    with pytest.raises(dataclasses.FrozenInstanceError):
        rules.adam.kind = "gradient"
    whole = chain(rules.clip_value, rules.adam)
    with pytest.raises(dataclasses.FrozenInstanceError):
        whole.pieces = ()
    with pytest.raises(TypeError):
        whole.values["lr"] = 1.0


def test_numbers_become_floats() -> None:
    for value in (1, np.float32(1), np.int64(1), 1.0):
        assert type(rules.sgd(lr=value).values["lr"]) is float


class Tracer:
    """A framework's scalar that has no number yet."""

    dtype = "float32"

    def __float__(self) -> float:
        raise TypeError("traced")


class Tensor(Tracer):
    """A framework's scalar that has one."""

    def __float__(self) -> float:
        return -0.5


def test_frameworks_scalars_are_kept_as_they_are() -> None:
    tracer = Tracer()
    assert rules.sgd(lr=tracer).values["lr"] is tracer
    array = np.array(0.5)
    assert rules.sgd(lr=array).values["lr"] is array
    with pytest.raises(HyperparameterError, match=r"got -0\.5"):
        rules.sgd(lr=Tensor())


@pytest.mark.parametrize(
    ("arguments", "named", "message"),
    [
        ((), {"rl": 1}, "adam has no hyperparameter 'rl'. Did you mean 'lr'?"),
        ((), {"zzz": 1}, "There are: beta1, beta2, eps, lr."),
        ((1,), {"lr": 1}, "adam: lr is given twice."),
        (
            (1, 0, 0, 0, 0),
            {},
            r"adam has 4 hyperparameters \(lr, beta1, beta2, eps\); got 5 values",
        ),
        ((), {"lr": -1}, r"adam: lr is the learning rate, in \[0, ∞\); got -1.0."),
        ((), {"lr": float("nan")}, r"in \[0, ∞\); got nan."),
        ((), {"lr": float("inf")}, r"in \[0, ∞\); got inf."),
        ((), {"beta1": 1}, r"beta1 is the decay rate of an average, in \[0, 1\); got 1.0."),
        ((), {"eps": -1e-9}, r"eps is what keeps the division finite, in \[0, ∞\); got -1e-09."),
        ((), {"lr": "fast"}, r"a number in \[0, ∞\); got str 'fast'."),
        ((), {"lr": True}, r"a number in \[0, ∞\); got bool True."),
        ((), {"lr": None}, r"a number in \[0, ∞\); got NoneType None."),
        ((), {"lr": np.ones(2)}, r"got ndarray array\(\[1., 1.\]\)."),
        ((), {"lr": np.ones(1)}, r"got ndarray array\(\[1.\]\)."),
    ],
)
def test_wrong_values(arguments: Any, named: Any, message: str) -> None:
    with pytest.raises(HyperparameterError, match=message):
        rules.adam(*arguments, **named)


def test_ranges() -> None:
    for declaration, inside, outside, text in [
        (learning_rate(0.1), [0, 1e9], [-1e-9], "[0, ∞)"),
        (decay(0.9), [0, 0.999], [1, -0.1], "[0, 1)"),
        (fraction(0.5), [0, 1], [1.001, -0.1], "[0, 1]"),
        (positive(1.0), [1e-300], [0, -1], "(0, ∞)"),
        (nonnegative(1.0), [0, 5], [-1], "[0, ∞)"),
        (count(5), [1, 1e6], [0, 0.5, 2.5], "[1, ∞)"),
        (between(0.5, -1, 2), [-1, 2], [-1.1, 2.1], "[-1, 2]"),
        (between(0.5, -1, 2, low_open=True, high_open=True), [0], [-1, 2], "(-1, 2)"),
    ]:
        assert declaration.range == text
        for value in inside:
            assert declaration.check("rule", "x", value) == value
        for value in outside:
            with pytest.raises(HyperparameterError, match="rule: x is"):
                declaration.check("rule", "x", value)


def test_whole_numbers_are_asked_for() -> None:
    with pytest.raises(HyperparameterError, match=r"in whole numbers in \[1, ∞\); got 2.5"):
        schedules.warmup(2.5)


def test_a_plain_number_is_a_declaration() -> None:
    @rule
    def plain(p, g, *, rate=0.5):
        return p - rate * g

    assert plain.values == {"rate": 0.5}
    assert declared("here", "x", 2).range == "(-∞, ∞)"


# Chains -------------------------------------------------------------------------------------------


def test_names_in_a_chain() -> None:
    whole = chain(rules.clip_value, rules.clip_value(limit=2.0), rules.adam, rules.average)
    assert whole.name == "chain(clip_value, clip_value, adam, average)"
    assert whole.labels == ("clip_value", "clip_value#2", "", "average")
    assert list(whole.values) == [
        "clip_value.limit",
        "clip_value#2.limit",
        "lr",
        "beta1",
        "beta2",
        "eps",
        "average.decay",
    ]
    other = whole.bind({"clip_value#2.limit": 5.0, "lr": 0.5})
    assert other.values["clip_value#2.limit"] == 5.0
    assert other.values["clip_value.limit"] == 1.0
    assert whole.values["clip_value#2.limit"] == 2.0
    assert other != whole
    assert other.bind({"clip_value#2.limit": 2.0, "lr": 1e-3}) == whole
    with pytest.raises(
        HyperparameterError, match=r"no hyperparameter 'limit'. Did you mean 'clip_v"
    ):
        whole.bind({"limit": 1.0})
    with pytest.raises(HyperparameterError, match=r"clip_value: limit is .* got -1.0"):
        whole.bind({"clip_value.limit": -1.0})


def test_chains_are_flat() -> None:
    inner = chain(rules.clip_value, rules.adam)
    assert chain(rules.l2, inner, rules.average) == chain(
        rules.l2, rules.clip_value, rules.adam, rules.average
    )
    assert as_rule(rules.adam).rule is rules.adam
    assert inner.summary == rules.adam.summary


def test_shared_takes_the_rules_value() -> None:
    whole = chain(rules.sgd, rules.weight_decay)
    assert list(whole.hyperparameters) == ["lr", "weight_decay.weight_decay"]
    own = chain(rules.sgd, rules.weight_decay(lr=0.5))
    assert list(own.hyperparameters) == ["lr", "weight_decay.weight_decay", "weight_decay.lr"]
    assert identity(build(whole)) != identity(build(own))
    assert build(own) is build(chain(rules.sgd(lr=3), rules.weight_decay(lr=0.1)))
    assert repr(shared) == "shared"


# Pickling -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_pickling_and_copying(case: str) -> None:
    value = CASES[case]
    _ = build(value), value.values, value.hyperparameters  # what was looked at comes along
    for again in (pickle.loads(pickle.dumps(value)), copy.copy(value), copy.deepcopy(value)):
        assert again == value
        assert repr(again) == repr(value)
        assert dict(again.values) == dict(value.values)
        assert identity(build(again)) == identity(build(value))


# Schedules ----------------------------------------------------------------------------------------


def test_warmup() -> None:
    warm = schedules.warmup(4)
    assert [warm(step) for step in range(1, 7)] == [0.25, 0.5, 0.75, 1, 1, 1]


def test_cosine() -> None:
    curve = schedules.cosine(10, final=0.2)
    assert curve(1) == 1
    assert curve(6) == pytest.approx(0.6, rel=1e-15)
    assert curve(11) == pytest.approx(0.2, rel=1e-15)
    assert curve(500) == curve(11)
    assert schedules.cosine(4)(3) == pytest.approx(0.5, rel=1e-15)


def test_products() -> None:
    product = 3e-4 * schedules.warmup(10) * schedules.cosine(100, 0.5) * 2
    assert product(5) == pytest.approx(6e-4 * 0.5 * (0.75 + 0.25 * np.cos(np.pi * 0.04)), rel=1e-14)
    assert repr(product) == "0.0003 * warmup(10) * cosine(100, 0.5) * 2"
    assert (np.float64(0.5) * schedules.warmup(10))(5) == 0.25
    assert schedules.constant(0.5)(7) == 0.5
    for wrong in ("x", None, True):
        with pytest.raises(HyperparameterError, match="goes with a number or another"):
            schedules.warmup(10) * wrong


@pytest.mark.parametrize(
    "made",
    [
        schedules.constant(0.3),
        schedules.constant(),
        schedules.warmup(7),
        schedules.cosine(),
        schedules.cosine(7, 0.1),
        0.1 * schedules.warmup(3) * schedules.cosine(9),
    ],
)
def test_schedules_read_what_they_write(made: Any) -> None:
    for again in (schedules.parse(repr(made)), pickle.loads(pickle.dumps(made)), copy.copy(made)):
        assert again == made
        assert hash(again) == hash(made)
        assert [again(step) for step in range(1, 12)] == [made(step) for step in range(1, 12)]
    assert made != schedules.warmup(8)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("warmup", r"'warmup' in 'warmup' is not a number .* Did you mean 'warmup\(...\)'\?"),
        ("0.1 * wramup(3)", r"'wramup\(3\)' in .* Did you mean 'warmup\(...\)'\?"),
        ("count(3)", "is not a number or a schedule"),
        ("parse(3)", "is not a number or a schedule"),
        ("warmup(x)", "is not a number or a schedule"),
        ("", "is not a number or a schedule"),
        ("warmup(0)", r"warmup: steps is .* whole numbers in \[1, ∞\); got 0.0"),
        ("cosine(3, 2)", r"final is the value after the last step, in \[0, 1\]; got 2.0"),
        ("warmup(1, 2)", r"warmup has 1 hyperparameters \(steps\); got 2 values"),
    ],
)
def test_schedules_that_cannot_be_read(text: str, message: str) -> None:
    with pytest.raises(HyperparameterError, match=message):
        schedules.parse(text)


@schedule
def halving(step, *, every=count(10)):
    """Half as much after every so many steps."""
    return 0.5 ** (step / every)


def test_schedules_of_the_authors_own() -> None:
    made = 2.0 * halving(5)
    assert made(10) == 0.5
    assert halving.__doc__ == "Half as much after every so many steps."
    again = pickle.loads(pickle.dumps(made))
    assert again == made
    assert again(10) == 0.5
    with pytest.raises(HyperparameterError, match="halving: every is a number; got warmup"):
        halving(schedules.warmup(3))


def test_schedules_with_a_wrong_signature() -> None:
    def two(step, m): ...

    def none(*, a=1.0): ...

    def undeclared(step, *, a): ...

    for function in (two, none):
        with pytest.raises(RuleError, match=r", test_values.py:\d+: a schedule takes step"):
            schedule(function)
    with pytest.raises(RuleError, match="the hyperparameter 'a' has no default"):
        schedule(undeclared)


# Capture ------------------------------------------------------------------------------------------


def make() -> Any:
    @rule
    def fresh(p, g, m):
        m = ema(m, g, 0.5)
        longer_name = m * 2
        unused = p + g  # noqa: F841 - it must be kept nevertheless
        p = p - longer_name
        return p, m

    return fresh


def test_local_names_are_kept() -> None:
    names = build(make()).names
    assert list(names) == ["m", "longer_name", "unused", "p", "update"]


def test_the_profile_function_is_restored() -> None:
    def profile(*_: Any) -> None: ...

    for before in (None, profile):
        sys.setprofile(before)
        try:
            build(make())
            assert sys.getprofile() is before
        finally:
            sys.setprofile(None)

    @rule
    def fails(p, g):
        raise ValueError

    sys.setprofile(profile)
    try:
        with pytest.raises(RuleError):
            build(fails)
        assert sys.getprofile() is profile
    finally:
        sys.setprofile(None)


def test_capture_works_while_being_profiled_and_traced() -> None:
    profiler = cProfile.Profile()
    profiler.enable()
    try:
        assert "longer_name" in build(make()).names
        assert sys.getprofile() is not None or sys.version_info >= (3, 12)
    finally:
        profiler.disable()

    seen = []

    def trace(frame: Any, event: str, _: Any) -> Any:
        seen.append(event)
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        program = build(make())
    finally:
        sys.settrace(before)
    assert "longer_name" in program.names
    assert seen


def test_numbers_are_inputs_and_never_constants() -> None:
    for case in CASES.values():
        assert set(build(case).hyper) == set(as_rule(case).hyperparameters)
