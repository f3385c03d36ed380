"""`adamas show --schedule` prints a course and draws it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from adamas.cli import main

TEXT = "3e-4*warmup(100)*cosine(1000, 0.1)"


def test_the_course_of_a_schedule(capsys: Any) -> None:
    assert main(["show", "--schedule", TEXT, "--steps", "1000"]) == 0
    printed = capsys.readouterr().out
    assert "0.0003 * warmup(100) * cosine(1000, 0.1)" in printed
    assert "step         1   3e-06" in printed
    assert "step     1,000" in printed
    assert "█" in printed


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_its_picture(ending: str, tmp_path: Path, capsys: Any) -> None:
    path = tmp_path / f"schedule.{ending}"
    assert main(["show", "--schedule", TEXT, "--out", str(path)]) == 0
    assert path.stat().st_size > 1000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--schedule", "warmmup(3)"], "Did you mean 'warmup(...)'?"),
        (["--schedule", "warmup(3)", "--steps", "1"], "at least 2"),
        (["--schedule", "warmup(3)", "--out", "x.bmp"], ".png"),
        ([], "Name a rule"),
    ],
)
def test_errors_are_one_line(arguments: list[str], message: str, capsys: Any) -> None:
    assert main(["show", *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
