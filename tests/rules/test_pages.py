"""The pages in docs/rules/ are what the rules say today."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent


def tool() -> Any:
    spec = importlib.util.spec_from_file_location("pages", ROOT / "tools" / "write_rule_pages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_pages_are_up_to_date() -> None:
    made = tool().pages()
    folder = ROOT / "docs" / "rules"
    assert {path.name for path in folder.glob("*.md")} == set(made), "run: make docs"
    for name, text in made.items():
        assert (folder / name).read_text(encoding="utf-8") == text, f"{name}: run make docs"
