"""`adamas show`: a rule's name comes in; its sentence, mathematics and hyperparameters go out."""

from typing import Any

from adamas.errors import OptionError, nearest
from adamas.lab.contestants import read
from adamas.language.chain import Chain, chain
from adamas.language.rule import Piece
from adamas.rules import sgd

NOTATIONS = ("math", "latex", "python", "llvm", "asm", "cost")


def print_rule(text: str, notation: str | None, dtype: str) -> int:
    """Print all about a rule or piece, or with a `notation` its update alone."""

    if notation is not None and notation not in NOTATIONS:
        raise OptionError(f"--as: unknown notation '{notation}'. {nearest(notation, NOTATIONS)}")
    _, rule = read(text, pieces=True)
    is_piece = isinstance(rule, Piece) and rule.kind != "rule"
    update = _render(_around_sgd(rule) if is_piece else rule, notation or "math", dtype).rstrip()
    if notation is not None:
        print(update)
        return 0
    print(f"{rule.name}: {rule.summary}\n")
    if is_piece:
        print("In a chain with sgd:\n")
    print("\n".join(f"    {line}" for line in update.splitlines()))
    rows = [_row(name, declared, rule) for name, declared in rule.hyperparameters.items()]
    if rows:
        print()
        widths = [max(len(row[i]) for row in rows) for i in range(3)]
        for row in rows:
            print("  ".join(cell.ljust(w) for cell, w in zip(row, [*widths, 0], strict=True)))
    for line in _references(rule):
        print(f"\n{line}")
    return 0


def _render(rule: Any, notation: str, dtype: str) -> str:
    """Text of the graph, or of what the CPU engine makes of it."""
    if notation in ("math", "latex", "python"):
        from adamas.graph.text import render

        return render(rule, notation)
    from adamas.engines.cpu.text import code

    return code(rule, notation, dtype)


def _around_sgd(piece: Any) -> Chain:
    """A piece steps nothing alone: show it beside the simplest rule, in an order with meaning."""
    return chain(piece, sgd) if piece.kind == "gradient" else chain(sgd, piece)


def _row(name: str, declared: Any, rule: Any) -> tuple[str, str, str, str]:
    value = rule.values[name]
    shown = f"{value:g}" if isinstance(value, float) else str(value)
    return name, f"= {shown}", f"in {declared.range}", declared.meaning


def _references(rule: Any) -> list[str]:
    """Return the paragraphs of the docstring that say where the rule comes from."""
    paragraphs = getattr(rule, "documentation", "").split("\n\n")
    return [" ".join(p.split()) for p in paragraphs[1:]]
