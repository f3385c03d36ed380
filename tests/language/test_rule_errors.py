"""An author's mistakes: the message names the rule, his file and line, and what to do."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import adamas
from adamas import (
    chain,
    evaluate,
    first,
    full,
    global_norm,
    gradient,
    learning_rate,
    like,
    norm,
    observe,
    rule,
    rules,
    scalar,
    shared,
    sqrt,
    sum,
    update,
    where,
)
from adamas.errors import RuleError
from adamas.graph.program import build
from adamas.symbols import p as start
from adamas.symbols import size as size_symbol


def line(function: Callable[..., Any], mark: str = "# here") -> str:
    """ "file:line" of the line of the function that ends in the mark."""
    source, number = inspect.getsourcelines(function)
    found = [number + index for index, text in enumerate(source) if text.rstrip().endswith(mark)]
    assert len(found) == 1, "one line is marked"
    return f"test_rule_errors.py:{found[0]}"


def assert_says(piece: Any, *parts: str, mark: str = "# here") -> None:
    """Building the rule (or a chain of sgd with the piece) says each of the parts, and the line."""
    whole = piece
    if piece.kind == "gradient":
        whole = chain(piece, rules.sgd)
    elif piece.kind in ("update", "observe"):
        whole = chain(rules.sgd, piece)
    with pytest.raises(RuleError) as caught:
        build(whole)
    message = str(caught.value)
    assert message.startswith(f"{piece.name}, {line(piece.function, mark)}: "), message
    for part in parts:
        assert part in message, message


# While the rule runs ------------------------------------------------------------------------------


def test_if_on_a_traced_value() -> None:
    @rule
    def wrong(p, g, m):
        if m:  # here
            p = p - g
        return p, m

    assert_says(wrong, "'if' (or 'and', 'or', 'not', 'while')", "'m'", "Use where(m > 0, a, b).")


def test_if_on_a_comparison() -> None:
    @rule
    def wrong(p, g):
        p = p - g if g > 0.5 else p  # here
        return p

    assert_says(wrong, "'g > 0.5'", "Use where(g > 0.5, a, b).")


def test_if_on_a_named_condition() -> None:
    @rule
    def wrong(p, g, m):
        new = first(m)
        if new:  # here
            m = g
        return p - m, m

    assert_says(wrong, "'new'", "Use where(new, a, b).")


@pytest.mark.parametrize("name", ["and", "or", "not", "chained", "while", "in"])
def test_other_words_that_ask_for_the_truth(name: str) -> None:
    def conditions(p: Any, g: Any) -> Any:
        if name == "and":
            return p > 0 and g > 0
        if name == "or":
            return p > 0 or g > 0
        if name == "not":
            return not p
        if name == "chained":
            return 0 < p < 1
        if name == "in":
            return p in [g]
        while p:
            p = p - 1
        return p

    @rule
    def wrong(p, g):
        return where(conditions(p, g), p - g, p)

    with pytest.raises(RuleError, match=r"^wrong, test_rule_errors.py:\d+: 'if' .*Use where\("):
        build(wrong)


@pytest.mark.parametrize("function", [math.sqrt, math.exp, math.floor, float, int])
def test_functions_of_math(function: Any) -> None:
    @rule
    def wrong(p, g, v):
        rate = function(v)  # here
        return p - rate * g, v

    assert_says(wrong, "'v' has no number yet", "Use the functions of adamas (sqrt, exp, log, ...)")


def test_numpy_functions_with_a_primitive_work() -> None:
    @rule
    def works(p, g):
        root = np.sqrt(np.abs(g))
        p = p - np.float64(0.5) * root * np.sign(g) - np.maximum(g, 1.0) * np.exp(g)
        return p

    names = build(works).names
    assert repr(names["root"]) == "sqrt(abs(g))"
    assert repr(names["p"]) == "(p - ((0.5 * ...) * sign(g))) - (maximum(g, 1) * exp(g))"


def test_numpy_functions_without_a_primitive() -> None:
    @rule
    def wrong(p, g):
        return p - np.tanh(g)  # here

    assert_says(wrong, "numpy.tanh is not part of the language", "It has: add, sub")

    @rule
    def wrong_method(p, g):
        return p - np.add.reduce(g)  # here

    assert_says(wrong_method, "numpy.add is not part of the language")


@pytest.mark.parametrize("function", [np.clip, np.linalg.norm, np.where, np.sum, np.mean, np.dot])
def test_numpy_functions_that_are_no_ufuncs(function: Any) -> None:
    arguments = {"clip": (-1, 1), "where": (0, 1), "dot": (2,)}.get(function.__name__, ())

    @rule
    def wrong(p, g):
        return p - function(g, *arguments)  # here

    assert_says(wrong, f"numpy.{function.__name__} is not part", "(where, clip, norm, mean, ...)")


def test_becoming_an_array() -> None:
    @rule
    def wrong(p, g):
        return p - np.asarray(g)  # here

    assert_says(wrong, "'g' cannot become a NumPy array")


def test_iterating() -> None:
    @rule
    def wrong(p, g):
        return p - max(*g)  # here

    assert_says(wrong, "'g' cannot be iterated")


@pytest.mark.parametrize("value", [np.ones(3), "text", None, True, [1.0], 1j])
def test_operands_that_are_no_numbers(value: Any) -> None:
    @rule
    def wrong(p, g):
        return p - adamas.maximum(g, value)  # here

    assert_says(wrong, type(value).__name__, "cannot be used in a rule", "Use numbers")


@pytest.mark.parametrize("operation", [lambda x: x // 2, lambda x: x % 2, lambda x: x @ x])
def test_operators_that_the_language_has_not(operation: Any) -> None:
    @rule
    def wrong(p, g):
        return p - operation(g)

    with pytest.raises(RuleError, match=r"^wrong, test_rule_errors.py:\d+: unsupported operand"):
        build(wrong)


def test_a_condition_as_a_number() -> None:
    @rule
    def wrong(p, g):
        return p - (g > 0) * g  # here

    assert_says(wrong, "the condition 'g > 0' is used as a number", "Use where(condition, a, b)")


def test_where_without_a_condition() -> None:
    @rule
    def wrong(p, g):
        return where(g, p - g, p)  # here

    assert_says(wrong, "where needs a condition first", "'g'", "Use where(g > 0, a, b).")


def test_reduction_of_a_scalar() -> None:
    @rule
    def wrong(p, g, *, lr=learning_rate(0.1)):
        return p - norm(lr) * g  # here

    assert_says(wrong, "a reduction needs a value per element", "'lr'")


def test_first_of_something_else() -> None:
    @rule
    def wrong(p, g, m):
        m = m + g
        return where(first(m), p, p - m), m  # here

    assert_says(wrong, "first() asks about a slot", "'m'", "before the slot's name is assigned")


def test_errors_of_the_authors_own() -> None:
    @rule
    def wrong(p, g):
        return p - g * {}["missing"]  # here

    assert_says(wrong, "missing")
    with pytest.raises(RuleError) as caught:
        build(wrong)
    assert isinstance(caught.value.__cause__, KeyError)


def test_lines_of_functions_the_author_calls() -> None:
    def helper(x: Any) -> Any:
        return x if x > 0 else -x  # here

    @rule
    def wrong(p, g):
        return p - helper(g)

    with pytest.raises(RuleError, match=re.escape(f"wrong, {line(helper)}: 'if'")):
        build(wrong)


# What it returns ----------------------------------------------------------------------------------


def test_too_few_values() -> None:
    @rule  # here
    def wrong(p, g, m, v):
        return p - g, m

    assert_says(wrong, "must return p, m, v in the order of the signature; it returns 2 values")


def test_too_many_values() -> None:
    @observe  # here
    def wrong(p, x):
        return p, x

    assert_says(wrong, "must return x in the order")


def test_a_value_that_is_no_expression() -> None:
    @rule  # here
    def wrong(p, g):
        p = p - g

    assert_says(wrong, "returns NoneType None as the new 'p'", "Return what was computed")


def test_a_condition_is_returned() -> None:
    @rule  # here
    def wrong(p, g):
        return p > g

    assert_says(wrong, "returns a condition as the new 'p'")

    @rule  # here
    def wrong_slot(p, g, m):
        return p - g, m > 0

    assert_says(wrong_slot, "returns a condition as the new 'm'")


def test_an_element_value_in_a_scalar_slot() -> None:
    @rule  # here
    def wrong(p, g, total=scalar(0.0)):
        return p - g, total + g

    assert_says(wrong, "the slot 'total' is one number per tensor", "Reduce it", "full(...)")


def test_p_that_is_no_element() -> None:
    @rule
    def wrong(p, g, *, lr=learning_rate(0.1)):
        return lr

    with pytest.raises(RuleError, match=r"^wrong, .*:\d+: the new parameter does not depend"):
        build(wrong)


def test_a_list_is_as_good_as_a_tuple() -> None:
    @rule
    def works(p, g, m):
        return [p - g, m + g]

    assert list(build(works).outputs) == ["p", "m"]


def test_numbers_can_be_slots_values() -> None:
    @rule
    def works(p, g, n=scalar(0.0), m=full(1.0)):
        return p - g * n, 2, 3.0

    assert build(works).outputs["n"].value == 2


# Evaluation weights -------------------------------------------------------------------------------


def test_evaluate_with_old_values() -> None:
    @rule  # here
    def wrong(p, g, m):
        old = p + g
        return p - g, m, evaluate(old)

    assert_says(wrong, "from the new p and the new slots; it cannot use the old 'g', 'p'")


def test_evaluate_with_an_old_slot() -> None:
    @rule  # here
    def wrong(p, g, m):
        new = m + g
        return p - new, new, evaluate(p - new + m)

    assert_says(wrong, "it cannot use the old", "'m'")


def test_evaluate_with_all_tensors() -> None:
    @rule
    def wrong(p, g):
        p = p - g
        return p, evaluate(p / global_norm(p))  # here

    assert_says(wrong, "one tensor at a time", "cannot use a reduction over all tensors")


def test_two_pieces_with_evaluation_weights() -> None:
    with pytest.raises(RuleError, match="both schedule_free_sgd and average define evaluation"):
        build(chain(rules.schedule_free_sgd, rules.average))


def test_an_update_behind_a_rule_with_evaluation_weights() -> None:
    with pytest.raises(RuleError, match="which weight_decay changes afterwards"):
        build(chain(rules.schedule_free_sgd, rules.weight_decay))


# Signatures ---------------------------------------------------------------------------------------


def assert_refused(declare: Any, function: Any, *parts: str) -> None:
    """Declaring says each part and the function's first line."""
    with pytest.raises(RuleError) as caught:
        declare(function)
    place = f"{function.__name__}, test_rule_errors.py:{function.__code__.co_firstlineno}: "
    assert str(caught.value).startswith(place), str(caught.value)
    for part in parts:
        assert part in str(caught.value), str(caught.value)


def test_signatures() -> None:
    def star(p, g, *slots): ...

    def double_star(p, g, **slots): ...

    def positional_only(p, g, /): ...

    for function in (star, double_star, positional_only):
        assert_refused(rule, function, "have no meaning here")

    def wrong_slot(p, g, m=3): ...

    assert_refused(rule, wrong_slot, "the slot 'm' starts with 3", "like(p), full(value)")

    def undeclared(p, g, *, lr): ...

    assert_refused(rule, undeclared, "'lr' has no default", "lr=nonnegative(0.1)")

    def text(p, g, *, lr="fast"): ...

    assert_refused(rule, text, "the default of 'lr' is a declaration or a number; got 'fast'")

    def sharing(p, g, *, lr=shared): ...

    assert_refused(rule, sharing, "only pieces can share")

    def takes_update(p, g, u): ...

    assert_refused(rule, takes_update, "@rule has no 'u'", "it may take p, g, t, step and slots")

    def takes_both(p, g, u): ...

    assert_refused(observe, takes_both, "@observe has no 'g'")

    def nothing(m): ...

    assert_refused(rule, nothing, "@rule must take 'p'")
    assert_refused(gradient, nothing, "@gradient must take 'g'")
    assert_refused(update, nothing, "@update must take 'u'")
    assert_refused(observe, nothing, "@observe must take 'p'")


def test_decorators_need_functions() -> None:
    for value in (rules.adam, 3, int):
        with pytest.raises(RuleError, match="@rule stands before a function; got"):
            rule(value)


def test_a_default_outside_its_range() -> None:
    with pytest.raises(
        adamas.AdamasError, match=r"wrong: lr is the learning rate, in \[0, ∞\); got -1"
    ):

        @rule
        def wrong(p, g, *, lr=learning_rate(-1.0)):
            return p - lr * g


def test_starts() -> None:
    with pytest.raises(RuleError, match="a scalar slot cannot start from a value per element"):
        scalar(start)

    @rule  # here
    def wrong(p, g, z=full(size_symbol)):
        return p - g, z

    assert_says(wrong, "a slot starts from 'size', which is not a hyperparameter of wrong")

    with pytest.raises(RuleError, match=r"test_rule_errors.py:\d+: str 'x' cannot be used"):
        like("x")


# Chains -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ((rules.adam, rules.clip_value), "clip_value stands before the rule; here .* after adam"),
        (
            (rules.adam, rules.average, rules.weight_decay),
            "weight_decay stands after the rule, before what observes; here .* after average",
        ),
        ((rules.average, rules.adam), "adam stands before updates; here it comes after average"),
        ((rules.weight_decay, rules.adam), "adam stands before updates; .* after weight_decay"),
        ((rules.clip_value,), "exactly one part is a rule; got none"),
        ((rules.adam, rules.sgd), "exactly one part is a rule; got adam, sgd"),
        ((), "exactly one part is a rule; got none"),
    ],
)
def test_orders_without_a_meaning(parts: Any, message: str) -> None:
    with pytest.raises(RuleError, match=message):
        chain(*parts)


def test_sharing_what_the_rule_has_not() -> None:
    @rule
    def fixed(p, g, *, rate=learning_rate(0.1)):
        return p - rate * g

    with pytest.raises(
        RuleError,
        match=r"weight_decay shares 'lr' with the rule, but fixed has no such hyperparameter. "
        r"Bind it: weight_decay\(lr=...\)",
    ):
        chain(fixed, rules.weight_decay)
    assert "weight_decay.lr" in chain(fixed, rules.weight_decay(lr=0.5)).hyperparameters


def test_what_a_chain_takes() -> None:
    with pytest.raises(adamas.AdamasError, match=r"chain\(\) takes rules and pieces; got 'adam'"):
        chain("adam")
    with pytest.raises(adamas.AdamasError, match=r"a rule is needed, for example .*; got 3"):
        build(3)
    with pytest.raises(RuleError, match="exactly one part is a rule; got none"):
        build(rules.clip_value)


def test_reductions_in_conditions_have_one_meaning() -> None:
    @rule
    def works(p, g):
        return where(sum(g) > 0, p - g, p - sqrt(g))

    assert not build(works).outputs["p"].args[0].element
