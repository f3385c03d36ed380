"""A command line that runs in this process, in an empty folder, and draws no page unless asked."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

import adamas.report
from adamas.cli import main


class Outcome(NamedTuple):
    """What a command printed and returned."""

    code: int
    out: str
    err: str


Run = Callable[..., Outcome]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(adamas.report, "write", lambda directory: None, raising=False)

    def run(*arguments: str) -> Outcome:
        code = main(arguments)
        return Outcome(code, *capsys.readouterr())

    return run


@pytest.fixture
def my_rules(tmp_path: Path) -> Path:
    """A user's file: one rule of five lines, one that is broken, a piece and a chain."""
    path = tmp_path / "my_rules.py"
    path.write_text(
        '''"""Rules of my own."""
from adamas import chain, decay, gradient, learning_rate, rule, rules, sign


@rule
def my_rule(p, g, m, *, lr=learning_rate(1e-3), beta=decay(0.9)):
    """Step along the sign of the average gradient."""
    m = beta * m + (1 - beta) * g
    return p - lr * sign(m), m


@rule
def broken(p, g, m, *, lr=learning_rate(1e-3)):
    """Cannot be captured."""
    if m > 0:
        return p, m
    return p - lr * g, m


@gradient
def my_piece(g):
    """Halve the gradient."""
    return 0.5 * g


my_chain = chain(rules.clip_global_norm(0.5), rules.adam(lr=0.01))
'''
    )
    return path
