"""Text of what the CPU engine makes of a rule: LLVM's IR, this processor's assembly, the cost."""

from __future__ import annotations

from adamas.engines.cpu.compile import assembly, module_of, plan
from adamas.engines.cpu.cost import table
from adamas.engines.cpu.types import STORAGE, Kind
from adamas.errors import choose
from adamas.graph.passes import lower
from adamas.graph.program import build
from adamas.language.chain import Chain
from adamas.language.rule import Piece

FORMS = ("llvm", "asm", "cost")


def code(rule: Piece | Chain, form: str, dtype: str = "float32", slots: str | None = None) -> str:
    """The rule's code or cost for parameters of `dtype`; slots are float32, or float64 with it."""
    choose("form", form, FORMS)
    choose("dtype", dtype, STORAGE)
    own = "float64" if dtype == "float64" else "float32"
    choose("slots", slots or own, STORAGE)
    kind = Kind(dtype, dtype, slots or own)
    made = plan(lower(build(rule)))
    if form == "cost":
        return table(made, kind)
    module = module_of(made, kind)
    return (str(module) if form == "llvm" else assembly(module)).strip()
