"""The limit: rules that read and write the arrays another rule does, with next to no arithmetic.

They run through the same engine, in the same chunks and on the same threads. What a rule takes
beyond its limit is what its arithmetic costs; what the limit takes is the memory's time for this
way of walking through it. (Another way may be quicker: then a peer beats rule and limit alike.)
One multiply-add for each output keeps the compiler from leaving a load or a store out; with a rate
of 0 it changes nothing.
"""

from __future__ import annotations

from adamas import rules
from adamas.bench.work import MAX_NORM, Work
from adamas.graph.passes import lower
from adamas.graph.program import build
from adamas.language.chain import Rule, as_rule, chain
from adamas.language.declare import nonnegative
from adamas.language.rule import rule


@rule
def touch(p, g, *, rate=nonnegative(0.0)):
    """Read p and g; write p."""
    p = p + rate * g
    return p


@rule
def touch1(p, g, a, *, rate=nonnegative(0.0)):
    """Read p, g and one slot; write p and the slot."""
    p = p + rate * g
    a = a + rate * g
    return p, a


@rule
def touch2(p, g, a, b, *, rate=nonnegative(0.0)):
    """Read p, g and two slots; write p and the slots."""
    p = p + rate * g
    a = a + rate * g
    b = b + rate * g
    return p, a, b


@rule
def touch3(p, g, a, b, c, *, rate=nonnegative(0.0)):
    """Read p, g and three slots; write p and the slots."""
    p = p + rate * g
    a = a + rate * g
    b = b + rate * g
    c = c + rate * g
    return p, a, b, c


@rule
def touch4(p, g, a, b, c, d, *, rate=nonnegative(0.0)):
    """Read p, g and four slots; write p and the slots."""
    p = p + rate * g
    a = a + rate * g
    b = b + rate * g
    c = c + rate * g
    d = d + rate * g
    return p, a, b, c, d


TOUCH = (touch, touch1, touch2, touch3, touch4)


def limit_of(work: Work) -> Rule | None:
    """The rule that moves the bytes of `work` and does no more; None where there is none."""
    slots = build(as_rule(work.rule)).slots.values()
    count = sum(start.element for start in slots)
    if count >= len(TOUCH):
        return None
    found: Rule = TOUCH[count]
    if work.chained:
        # The norm is a reduction that has to come before: the gradient is read twice, as there.
        found = chain(rules.clip_global_norm(MAX_NORM), found)
    same = bytes_moved(found, work.dtype) == bytes_moved(work.rule, work.dtype)
    return found if same else None


def bytes_moved(what: Rule, dtype: str) -> int:
    """The bytes that the compiled passes of a rule read and write per parameter and step."""
    from adamas.engines.cpu.compile import plan
    from adamas.engines.cpu.cost import cost
    from adamas.engines.cpu.types import Kind

    kind = Kind(dtype, dtype, "float64" if dtype == "float64" else "float32")
    return cost(plan(lower(build(as_rule(what)))), kind).bytes_moved
