"""`adamas show`, `adamas list` and the help texts."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from adamas import rules
from adamas.graph.text import render
from adamas.workloads import WORKLOADS


@pytest.mark.parametrize("name", [*rules.BOOK, *rules.PIECES])
def test_show_says_everything_about_a_rule(run, name: str) -> None:
    outcome = run("show", name)
    assert (outcome.code, outcome.err) == (0, "")
    rule = {**rules.BOOK, **rules.PIECES}[name]
    assert outcome.out.startswith(f"{name}: {rule.summary}\n")
    if name in rules.BOOK:
        for line in render(rule, "math").splitlines():
            assert line in outcome.out
    else:
        assert "In a chain with sgd:" in outcome.out
    for hyperparameter, declared in rule.hyperparameters.items():
        assert hyperparameter in outcome.out
        assert declared.meaning in outcome.out


@pytest.mark.parametrize("notation", ["math", "latex", "python"])
def test_show_as_prints_the_update_alone(run, notation: str) -> None:
    assert run("show", "adam", "--as", notation).out == render(rules.adam, notation).rstrip() + "\n"


def test_show_a_rule_of_the_users_own(run, my_rules: Path) -> None:
    outcome = run("show", "my_rules.py:my_rule:lr=0.5", "--as", "latex")
    assert (outcome.code, outcome.err) == (0, "")
    assert r"\operatorname{sign}" in outcome.out
    assert "lr    = 0.5  in [0, ∞)" in run("show", "my_rules.py:my_rule:lr=0.5").out
    assert "my_piece: Halve the gradient." in run("show", "my_rules.py:my_piece").out
    assert "clip_global_norm.max_norm  = 0.5" in run("show", "my_rules.py:my_chain").out


@pytest.mark.parametrize(
    ("what", "names"),
    [("rules", rules.BOOK), ("pieces", rules.PIECES), ("workloads", WORKLOADS)],
)
def test_list_names_everything(run, what: str, names: dict) -> None:
    assert [line for line in run("list", what).out.splitlines() if line[0] != " "] == list(names)
    entries = json.loads(run("list", what, "--json").out)
    assert [entry["name"] for entry in entries] == list(names)
    assert all(entry["description"] for entry in entries)


def test_list_workloads_names_options(run) -> None:
    assert "options: condition=100, rotated=false" in run("list", "workloads").out
    entries = {entry["name"]: entry for entry in json.loads(run("list", "workloads", "--json").out)}
    assert entries["quadratic"]["options"] == ["condition=100", "rotated=false"]
    assert entries["spiral"]["options"] == []


@pytest.mark.parametrize("command", [[], ["compare"], ["list"], ["show"]])
def test_every_help_has_examples(run, command: list[str]) -> None:
    outcome = run(*command, "--help")
    assert (outcome.code, outcome.err) == (0, "")
    assert "Examples:\n" in outcome.out
    assert "  adamas " in outcome.out


def test_without_arguments_there_is_help(run) -> None:
    outcome = run()
    assert outcome.code == 0
    assert "adamas compare spiral" in outcome.out


def test_help_and_show_load_nothing_heavy() -> None:
    code = (
        "import sys; from adamas.cli import main; main(['--help']); main(['show', 'adam']);"
        "heavy = 'matplotlib pyarrow sklearn jinja2 torch jax keras llvmlite safetensors'.split();"
        "sys.exit(', '.join(set(heavy) & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
