"""Text: the printed Python computes what the interpreter computes; all text is golden.

After a change that is meant, `python -m tests.graph.test_text` writes tests/golden anew: read the
diff.
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adamas import chain, clip, evaluate, first, full, global_norm, learning_rate, norm, rule, where
from adamas import rules as book
from adamas.engines.agreement import assert_agrees
from adamas.engines.interpret import Evaluator
from adamas.errors import OptionError
from adamas.graph.program import build, nodes
from adamas.graph.text import NOTATIONS, render
from adamas.graph.text.glossary import latex_name, unicode_name
from adamas.language.chain import Rule
from tests.helpers.cases import CASES
from tests.helpers.values import inputs_for, magnitudes, outputs

GOLDEN = Path(__file__).parent.parent / "golden"
PRINTED = {
    "sgd": book.sgd,
    "momentum": book.momentum,
    "rmsprop_centered": book.rmsprop_centered,
    "adam": book.adam,
    "nadam": book.nadam,
    "radam": book.radam,
    "adopt": book.adopt,
    "lion": book.lion,
    "schedule_free_sgd": book.schedule_free_sgd,
    "chain": CASES["clip, adam, decay, average"],
}


@rule
def old_values(p, g, m, before, *, lr=learning_rate(0.1)):
    """Reads a slot, p and lr after their names were given new values."""
    last = m
    m = m + g
    was, rate = p, lr
    lr = lr * 2
    p = p - lr * g - rate * last
    return p, m, was


@rule
def signs(p, g, m=full(1.0), *, lr=learning_rate(0.1)):
    """Minus signs, brackets, powers and reductions wherever they can stand."""
    m = -m * (-g) - (-g) / (-p - 3) + (g - (p - m)) * 2**-g
    d = (g + m) / (p / (m + 2)) / 3 - 2 * (-3 * g) ** 2
    p = p + -d * lr - norm(g) ** 2 * -lr - clip(m, -1, 1) * (-g) ** 2 - abs(-g) ** 0.5
    return p, m


AWKWARD: dict[str, Rule] = {"old values": old_values, "signs": signs}


@pytest.mark.parametrize("case", {**CASES, **AWKWARD})
def test_python_runs_and_agrees(case: str) -> None:
    rule = {**CASES, **AWKWARD}[case]
    program = build(rule)
    namespace: dict[str, Any] = {}
    exec(render(rule, "python"), namespace)
    function = next(v for v in namespace.values() if inspect.isfunction(v))
    hyper = {n: float(v) if isinstance(v, float) else v(3) for n, v in rule.values.items()}
    for seed in range(4):
        inputs = inputs_for(program, hyper, seed, first=seed == 0)
        expected, size = outputs(program, inputs), magnitudes(program, inputs)
        arguments = _arguments(program, function, inputs)
        with np.errstate(all="ignore"):
            returned = function(**arguments)
        returned = returned if isinstance(returned, tuple) else (returned,)
        for name, value in zip(["p", *program.slots], returned, strict=True):
            assert_agrees(
                value,
                expected[f"output {name}"],
                size[f"output {name}"],
                dtype="float64",
                what=name,
            )


def _arguments(program: Any, function: Any, inputs: Any) -> dict[str, Any]:
    named = {name.replace(".", "_"): value for (_, name), value in inputs.items()}
    named["first"] = next((v for (role, _), v in inputs.items() if role == "first"), False)
    named["total_size"] = inputs["size", "all"]
    evaluate_ = Evaluator(dict(inputs), np.float64)
    totals = [n for n in nodes(*program.outputs.values()) if n.op == "reduce"]
    for number, node in enumerate((n for n in totals if n.value.scope == "all"), 1):
        named[f"global_{node.value.kind}_{number}"] = np.float64(evaluate_(node))
    return {name: named[name] for name in inspect.signature(function).parameters}


@pytest.mark.parametrize("case", {**CASES, **AWKWARD})
def test_latex_is_well_formed(case: str) -> None:
    text = render({**CASES, **AWKWARD}[case], "latex")
    depth = 0
    for letter in text.replace(r"\{", "").replace(r"\}", ""):
        depth += (letter == "{") - (letter == "}")
        assert depth >= 0
    assert depth == 0
    assert text.count(r"\left") == text.count(r"\right")
    assert text.count(r"\begin") == text.count(r"\end")
    assert all(line.count("&=") == 1 for line in text.splitlines()[1:-1])
    for letter in "^_":
        assert not doubled(text, letter), f"{letter} stands twice on one base: LaTeX refuses that"


def doubled(text: str, mark: str) -> bool:
    """Whether one base has two superscripts (or subscripts): x^{2}^{3} or x^{2}_{t}^{3}."""
    script = r"[_^](?:\{(?:[^{}]|\{[^{}]*\})*\}|\w)"
    return any(
        len(re.findall(re.escape(mark) + r"(?=\{|\w)", _outside(run))) > 1
        for run in re.findall(f"(?:{script})+", text)
    )


def _outside(run: str) -> str:
    depth, kept = 0, ""
    for letter in run:
        depth += (letter == "{") - (letter == "}")
        kept += letter if depth == 0 or (depth == 1 and letter == "{") else ""
    return kept


def test_doubled_finds_what_it_is_for() -> None:
    assert doubled(r"g^{\mathrm{mean}}_{t}^{2}", "^")
    assert doubled("x_{1}_{t}", "_")
    assert not doubled(r"\left(g^{\mathrm{mean}}_{t}\right)^{2}", "^")
    assert not doubled("x^{2}_{t} y^{2}", "^")


@pytest.mark.parametrize("case", {**CASES, **AWKWARD})
@pytest.mark.parametrize("notation", NOTATIONS)
def test_text_is_the_same_at_every_run(case: str, notation: str) -> None:
    text = render({**CASES, **AWKWARD}[case], notation)
    assert text == render({**CASES, **AWKWARD}[case], notation)
    assert not text.endswith("\n")
    assert notation == "python" or "None" not in text
    assert "{0}" not in text


@pytest.mark.parametrize("name", PRINTED)
@pytest.mark.parametrize("notation", NOTATIONS)
def test_golden(name: str, notation: str) -> None:
    expected = (GOLDEN / f"{name}.{notation}.txt").read_text(encoding="utf-8")
    assert render(PRINTED[name], notation) + "\n" == expected


def test_signs_are_unambiguous() -> None:
    @rule
    def minus(p, g):
        p = p - 2 * (-g) * (-p) - (-g) + (-p)
        return p

    assert render(minus) == "θₜ = θₜ₋₁ − 2 (−gₜ) (−θₜ₋₁) − (−gₜ) − θₜ₋₁"


def test_evaluation_weights_are_printed() -> None:
    @rule
    def halves(p, g, m):
        p = p - g
        return p, m, evaluate(p / 2)

    assert render(halves).splitlines()[-1].split() == ["evaluate", "=", "θₜ", "/", "2"]


def test_new_slots_are_printed() -> None:
    @rule
    def remembers(p, g, m):
        m = where(first(m), g, m)
        return p - m, m

    assert "m is new" in render(remembers)
    assert r"m \text{ is new}" in render(remembers, "latex")
    assert "first" in render(remembers, "python")


def test_reductions_are_printed() -> None:
    @rule
    def lengths(p, g):
        n = norm(p) / global_norm(g)
        return p - n * g

    assert "‖θₜ₋₁‖²" in render(lengths)
    assert "‖gₜ‖²_all" in render(lengths)
    assert "global_sum_of_squares_1" in render(lengths, "python")


def test_names_that_are_not_unique_keep_their_piece() -> None:
    rule = chain(book.l2, book.adamw, book.weight_decay)
    text = render(rule)
    assert "l2.weight_decay" in text
    assert "weight_decay.weight_decay" in text
    assert "λ" in text


@pytest.mark.parametrize(
    ("name", "plain", "latex"),
    [
        ("beta1", "β₁", r"\beta_{1}"),
        ("v_hat", "v\u0302", r"\hat{v}"),
        ("lr", "η", r"\eta"),
        ("mu_product", "μ_product", r"\mu^{\mathrm{product}}"),
        ("rate", "rate", r"\mathrm{rate}"),
        ("rate_hat", "rate\u0302", r"\hat{\mathrm{rate}}"),
        ("max_norm", "max_norm", r"\mathrm{max\_norm}"),
        ("x2", "x₂", "x_{2}"),
    ],
)
def test_glossary(name: str, plain: str, latex: str) -> None:
    assert unicode_name(name) == plain
    assert latex_name(name) == latex


def test_unknown_notation() -> None:
    with pytest.raises(OptionError, match="notation is one of 'math', 'latex', 'python'; got 'x'"):
        render(book.sgd, "x")


def write_golden() -> None:
    """Write every golden text as it is printed now."""
    GOLDEN.mkdir(exist_ok=True)
    for name, printed in PRINTED.items():
        for notation in NOTATIONS:
            path = GOLDEN / f"{name}.{notation}.txt"
            path.write_text(render(printed, notation) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_golden()
