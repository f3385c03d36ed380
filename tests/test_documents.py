"""The code in README.md and docs/ runs: every Python block, in order, one namespace per file."""

from __future__ import annotations

import re
import sys
import types
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
# Blocks behind "<!-- not run -->", by file: each has a reason, and none is added by accident.
NOT_RUN: dict[str, int] = {}

BLOCK = re.compile(
    r"^(?P<skip><!-- not run -->\n+)?```python\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL
)


class Block(NamedTuple):
    """A block of Python with the line it begins at."""

    code: str
    line: int
    run: bool


def blocks(text: str) -> list[Block]:
    """The Python blocks of a document."""
    return [
        Block(m["code"], text.count("\n", 0, m.start("code")) + 1, m["skip"] is None)
        for m in BLOCK.finditer(text)
    ]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_blocks_run(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = blocks(path.read_text(encoding="utf-8"))
    name = str(path.relative_to(ROOT))
    assert sum(not block.run for block in found) == NOT_RUN.get(name, 0)
    # A module of its own, so that what a block defines can be pickled and names its file and line.
    module = types.ModuleType(f"document_{path.stem.replace('-', '_')}")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    for block in found:
        if block.run:
            padded = "\n" * (block.line - 1) + block.code
            exec(compile(padded, str(path), "exec"), module.__dict__)


def test_blocks_are_found() -> None:
    text = "a\n```python\nx = 1\n```\n<!-- not run -->\n```python\ny\n```\n```\nz\n```\n"
    assert blocks(text) == [Block("x = 1\n", 3, True), Block("y\n", 7, False)]
