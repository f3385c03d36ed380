"""As delta: the new p is rewritten as p + delta, so that a small step is not lost beside a large p.

Measured in float32, `p_new - p` taken as the update is off by 5.6e-5 of itself (p = 1, lr = 1e-3)
to 14 % (p = 30, lr = 1e-5). And `p * (1 - lr * weight_decay)` rounds its factor to 1 where
lr * weight_decay is below 6e-8, so that nothing ever decays; `(a - 1) * p` keeps it.
"""

from __future__ import annotations

from dataclasses import replace

from adamas.graph.passes.fold import is_number, simplify
from adamas.graph.program import Program, with_args
from adamas.language.expression import Expression, apply, constant, input_

ONE = constant(1.0)


def as_delta(program: Program) -> Program:
    """Add the output "delta" and let "p" be p + delta; outputs that read the new p read that."""
    old, new = input_("parameter", "p"), program.outputs["p"]
    delta = apply("mul", constant(0.0), old) if new is old else delta_of(new, old)
    moved = apply("add", old, delta)
    known: dict[Expression, Expression] = {new: moved, delta: delta}

    def visit(node: Expression) -> Expression:
        if node not in known:
            args = tuple(visit(argument) for argument in node.args)
            same = all(a is b for a, b in zip(args, node.args, strict=True))
            known[node] = node if same else with_args(node, args)
        return known[node]

    outputs = {name: visit(node) for name, node in program.outputs.items()} | {"delta": delta}
    names = {name: visit(node) for name, node in program.names.items()} | {"update": delta}
    return replace(program, outputs=outputs, names=names)


def delta_of(new: Expression, old: Expression) -> Expression:
    """`new - old` without the cancellation: new = a * old + b gives (a - 1) * old + b."""
    if new.op == "where" and new.args[0].element:
        condition, a, b = new.args
        return Expression("where", (condition, delta_of(a, old), delta_of(b, old)), None, new.line)
    coefficient, rest = _linear(new, old)
    if coefficient is None:
        return apply("sub", new, old)
    factor = _minus_one(coefficient)
    if is_number(factor, 0.0):
        return rest if rest is not None else apply("mul", constant(0.0), old)
    if factor.op == "neg" and rest is not None:
        return apply("sub", rest, apply("mul", factor.args[0], old))
    moved = simplify(apply("mul", factor, old))
    return moved if rest is None else apply("add", moved, rest)


Pair = tuple[Expression | None, Expression | None]


def _linear(node: Expression, p: Expression) -> Pair:
    """(a, b) with node = a * p + b and a scalar; None stands for zero."""
    if node is p:
        return ONE, None
    if node.op in ("add", "sub"):
        (a1, b1), (a2, b2) = (_linear(argument, p) for argument in node.args)
        return _combine(node, a1, a2), _combine(node, b1, b2)
    if node.op == "neg":
        a, b = _linear(node.args[0], p)
        return _map(node, a), _map(node, b)
    if node.op == "mul" and not all(argument.element for argument in node.args):
        scalar_first = not node.args[0].element
        scalar, value = node.args if scalar_first else node.args[::-1]
        a, b = _linear(value, p)
        if a is not None:
            order = (lambda x: (scalar, x)) if scalar_first else (lambda x: (x, scalar))
            return (
                simplify(with_args(node, order(a))),
                None if b is None else simplify(with_args(node, order(b))),
            )
    if node.op == "div" and not node.args[1].element:
        a, b = _linear(node.args[0], p)
        if a is not None:
            return (
                simplify(with_args(node, (a, node.args[1]))),
                None if b is None else simplify(with_args(node, (b, node.args[1]))),
            )
    if node.op == "where" and not node.args[0].element:
        _, left, right = node.args
        (a1, b1), (a2, b2) = _linear(left, p), _linear(right, p)
        if a1 is not None or a2 is not None:
            return _choose(node, a1, a2), _choose(node, b1, b2)
    return None, node


def _combine(
    node: Expression, left: Expression | None, right: Expression | None
) -> Expression | None:
    """left + right or left - right, as `node` says; None is zero."""
    if right is None:
        return left
    if left is None:
        return right if node.op == "add" else apply("neg", right)
    return simplify(with_args(node, (left, right)))


def _map(node: Expression, value: Expression | None) -> Expression | None:
    return None if value is None else simplify(with_args(node, (value,)))


def _choose(
    node: Expression, left: Expression | None, right: Expression | None
) -> Expression | None:
    if left is None and right is None:
        return None
    zero = constant(0.0)
    chosen = (left if left is not None else zero, right if right is not None else zero)
    if chosen[0] is chosen[1] or (is_number(chosen[0], 1.0) and is_number(chosen[1], 1.0)):
        return chosen[0]
    return with_args(node, (node.args[0], *chosen))


def _minus_one(a: Expression) -> Expression:
    """a - 1, with the 1 taken out by name where `a` holds one, so that 1 - x gives exactly -x."""
    taken = _take_one(a)
    return taken if taken is not None else apply("sub", a, 1.0)


def _take_one(a: Expression) -> Expression | None:
    if a.op == "constant":
        return constant(a.value - 1.0)
    if a.op in ("add", "sub"):
        left, right = a.args
        taken = _take_one(left)
        if taken is not None:
            if not is_number(taken, 0.0):
                return with_args(a, (taken, right))
            return right if a.op == "add" else simplify(apply("neg", right))
        if a.op == "add":
            taken = _take_one(right)
            if taken is not None:
                return left if is_number(taken, 0.0) else with_args(a, (left, taken))
    if a.op == "where":
        condition, left, right = a.args
        return with_args(a, (condition, _minus_one(left), _minus_one(right)))
    return None
