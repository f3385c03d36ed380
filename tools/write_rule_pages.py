"""Write docs/rules/: a page per rule and piece, made from its declaration and its graph alone.

Run by `make docs`; a test compares what it would write with what is there.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from adamas import chain, rules
from adamas.engines.cpu.text import code
from adamas.graph.text import render
from adamas.language.chain import Rule
from adamas.language.rule import Piece
from adamas.numpy import Optimizer

FOLDER = Path(__file__).parent.parent / "docs" / "rules"
GRADIENTS = (0.5, -0.2, 0.1)


def pages() -> dict[str, str]:
    """Every page's text by its file name."""
    found = {f"{name}.md": page(rule) for name, rule in (rules.BOOK | rules.PIECES).items()}
    return {"README.md": contents(), **found}


def contents() -> str:
    """The list of all pages."""
    lines = ["# The book", "", "Generated from the rules themselves by `make docs`.", ""]
    for title, table in (("Rules", rules.BOOK), ("Pieces, for chains", rules.PIECES)):
        lines += [f"## {title}", ""]
        lines += [f"- [{name}]({name}.md): {piece.summary}" for name, piece in table.items()]
        lines.append("")
    return "\n".join(lines)


def page(piece: Piece) -> str:
    """One rule's page: what it says, its mathematics, three steps worked, its cost."""
    rule = around(piece)
    head, *rest = piece.documentation.split("\n\n")
    lines = [f"# {piece.name}", "", "Generated from the rule itself by `make docs`.", "", head, ""]
    lines += [f"{' '.join(part.split())}\n" for part in rest]
    if rule is not piece:
        lines += [f"Shown in `{rule!r}`.", ""]
    lines += ["## Mathematics", "", "```math", latex(rule), "```", "", "In plain text:", ""]
    lines += ["```", render(rule, "math"), "```", "", *hyperparameters(piece)]
    lines += ["## Three steps", "", *steps(rule), "", "## Cost", "", "```"]
    return "\n".join([*lines, code(rule, "cost"), "```", ""])


def around(piece: Piece) -> Rule:
    """A piece in a chain with sgd, or with adam where it works on what adam makes."""
    if piece.kind == "rule":
        return piece
    return (
        chain(piece, rules.sgd(lr=0.1))
        if piece.kind == "gradient"
        else chain(rules.sgd(lr=0.1), piece)
    )


def latex(rule: Rule) -> str:
    """LaTeX as Markdown's math blocks take it."""
    return render(rule, "latex").replace("align*", "aligned")


def hyperparameters(piece: Piece) -> Iterator[str]:
    """The table of hyperparameters, from their declarations."""
    if not piece.hyperparameters:
        return
    yield from (
        "## Hyperparameters",
        "",
        "| name | default | range | meaning |",
        "|---|---|---|---|",
    )
    for name, declared in piece.hyperparameters.items():
        default = declared.default
        shown = f"{default:g}" if isinstance(default, (int, float)) else str(default)
        yield f"| `{name}` | {shown} | {declared.range} | {declared.meaning} |"
    yield ""


def steps(rule: Rule) -> Iterator[str]:
    """A table of every named quantity in the first three steps, from p = 1."""
    p = np.array([1.0])
    optimizer = Optimizer(rule, p, engine="interpret")
    columns: list[dict[str, Any]] = []
    for gradient in GRADIENTS:
        grads = np.array([gradient])
        columns.append(optimizer.inspect(grads, "", (0,)))
        optimizer.step(grads)
    yield "One parameter that begins at 1 and sees the gradients 0.5, −0.2 and 0.1."
    yield ""
    yield "| quantity | step 1 | step 2 | step 3 |"
    yield "|---|---|---|---|"
    for name in columns[0]:
        values = " | ".join(number(column[name]) for column in columns)
        yield f"| {name} | {values} |"


def number(value: float) -> str:
    """Six digits, with a real minus sign."""
    return f"{value:.6g}".replace("-", "−")


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.md"):
        old.unlink()
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    print(f"{len(pages())} pages in docs/rules", file=sys.stderr)
