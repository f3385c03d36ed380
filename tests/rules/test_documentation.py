"""Every rule, piece and schedule says what it does and where it comes from."""

from __future__ import annotations

import inspect
import re

import pytest

import adamas
from adamas import rules, schedules
from adamas.graph.program import build, nodes

EVERYTHING = {**rules.BOOK, **rules.PIECES}


@pytest.mark.parametrize("name", EVERYTHING)
def test_docstring(name: str) -> None:
    piece = EVERYTHING[name]
    assert piece.name == name
    assert piece.summary.endswith(".")
    assert piece.summary[0].isupper()
    assert len(piece.summary) < 100
    references = re.findall(r"^Reference: .*(?:\n.+)*", piece.documentation, re.MULTILINE)
    assert len(references) == 1
    assert re.search(r"\b(19|20)\d\d\b", references[0]), "a reference has a year"
    assert references[0].endswith(".")
    for block in re.findall(r"^Differs[^:]*: .*", piece.documentation, re.MULTILINE):
        assert block.startswith("Differs from the paper: ")


@pytest.mark.parametrize("name", EVERYTHING)
def test_hyperparameters_say_what_they_mean(name: str) -> None:
    for key, declared in EVERYTHING[name].hyperparameters.items():
        assert declared.meaning not in ("a number", "a fraction"), key
        assert key in inspect.signature(EVERYTHING[name].function).parameters


@pytest.mark.parametrize("name", rules.BOOK)
def test_what_divides_lr_by_elements_is_called_rate(name: str) -> None:
    program = build(rules.BOOK[name])
    for node in nodes(*program.outputs.values()):
        if node.op == "div" and node.args[1].element and not node.args[0].element:
            above = {n.value.name for n in nodes(node.args[0]) if n.op == "input"}
            assert "lr" not in above or "rate" in program.names, node


def test_what_is_exported() -> None:
    assert set(rules.__all__) == {"BOOK", "PIECES", *EVERYTHING}
    for name in EVERYTHING:
        assert getattr(rules, name) is EVERYTHING[name]
    for name, made in schedules.SCHEDULES.items():
        assert getattr(schedules, name) is made
        assert made.__doc__
    assert re.fullmatch(r"\d+\.\d+\.\d+", adamas.__version__)
