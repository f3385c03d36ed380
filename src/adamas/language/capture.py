"""Capture: run a piece's function on inputs, keep what it returns and the names its author gave."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from types import FrameType
from typing import Any

from adamas.errors import AdamasError, RuleError
from adamas.language.expression import Expression, lift
from adamas.language.functions import Evaluate
from adamas.language.rule import RETURNS, Piece


@dataclass(frozen=True)
class Captured:
    """What one run of a piece's function gave.

    result    the new p, g or u (None for observers)
    slots     the new value of each slot
    names     the author's local names at the return, in his order
    weights   what evaluate() marked, or None
    """

    result: Expression | None
    slots: Mapping[str, Expression]
    names: Mapping[str, Expression]
    weights: Expression | None


def capture(piece: Piece, inputs: Mapping[str, Expression]) -> Captured:
    """Run the piece on `inputs` (positional names and hyperparameters).

    Raises `RuleError` that names the piece and the author's line.
    """
    signature = piece.signature
    arguments = [inputs[name] for name in signature.positional]
    named = {name: inputs[name] for name in signature.hyperparameters}
    try:
        returned, frame_locals = _call(piece, arguments, named)
    except RuleError as error:
        raise RuleError(f"{piece.name}, {error}") from None
    except AdamasError:
        raise
    except Exception as error:
        raise RuleError(f"{piece.name}, {_line_of(error)}: {error}") from error

    values = tuple(returned) if isinstance(returned, (tuple, list)) else (returned,)
    weights = None
    if values and isinstance(values[-1], Evaluate):
        weights = values[-1].expression
        values = values[:-1]
    leading = RETURNS[piece.kind]
    expected = ((leading,) if leading else ()) + tuple(signature.slots)
    if len(values) != len(expected):
        raise RuleError(
            f"{piece.name}, {piece.line}: must return {', '.join(expected) or 'nothing'} "
            f"in the order of the signature; it returns {len(values)} values."
        )
    outputs: dict[str, Expression] = {}
    for name, value in zip(expected, values, strict=True):
        try:
            outputs[name] = lift(value)
        except RuleError:
            raise RuleError(
                f"{piece.name}, {piece.line}: returns {type(value).__name__} {value!r} as the "
                f"new {name!r}. Return what was computed from the inputs."
            ) from None
    for name, value in outputs.items():
        if value.condition:
            raise RuleError(
                f"{piece.name}, {piece.line}: returns a condition as the new {name!r}. "
                f"Use where(condition, a, b)."
            )
        if value.element and name in signature.slots and not signature.slots[name].element:
            raise RuleError(
                f"{piece.name}, {piece.line}: the slot {name!r} is one number per tensor, but its "
                f"new value has one per element. Reduce it, or let the slot start with full(...)."
            )
    names = {
        name: value
        for name, value in frame_locals.items()
        if isinstance(value, Expression) and not _is_plain_input(value)
    }
    result = outputs.pop(leading) if leading else None
    return Captured(result, outputs, names, weights)


def _is_plain_input(value: Expression) -> bool:
    return value.op in ("input", "constant")


def _call(piece: Piece, arguments: list[Any], named: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Call the function and read its locals from its frame as it returns."""
    found: dict[str, Any] = {}
    code = piece.function.__code__

    def on_event(frame: FrameType, event: str, _: Any) -> None:
        if event == "return" and frame.f_code is code:
            found.update(frame.f_locals)

    before = sys.getprofile()
    sys.setprofile(on_event)
    try:
        returned = piece.function(*arguments, **named)
    finally:
        if before is None or callable(before):
            sys.setprofile(before)
        else:
            before.enable()  # Python 3.11's cProfile, which is not a function
    return returned, found


def _line_of(error: BaseException) -> str:
    """Where an error was raised, as "file:line"."""
    trace = error.__traceback__
    place = "?"
    while trace is not None:
        name = trace.tb_frame.f_globals.get("__name__", "")
        if not name.startswith("adamas.language"):
            place = f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
