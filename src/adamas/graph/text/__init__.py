"""Text of a Program: mathematics, LaTeX, Python."""

from __future__ import annotations

from adamas.errors import choose
from adamas.graph.program import build
from adamas.graph.text.mathematics import latex, mathematics
from adamas.graph.text.python import python
from adamas.language.chain import Chain
from adamas.language.rule import Piece

NOTATIONS = {"math": mathematics, "latex": latex, "python": python}


def render(rule: Piece | Chain, notation: str = "math") -> str:
    """The rule in one of NOTATIONS, without a newline at the end."""
    choose("notation", notation, NOTATIONS)
    return NOTATIONS[notation](build(rule))
