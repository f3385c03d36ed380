"""Powers: small whole powers become products; 1 - b**t keeps its digits where it is traced."""

from __future__ import annotations

from adamas.graph.passes.fold import is_number
from adamas.graph.program import Program
from adamas.language.expression import Expression, apply, constant


def expand_powers(program: Program) -> Program:
    """g**2 becomes g*g, which every engine computes the same way; also cubes and fourth powers."""

    def visit(node: Expression) -> Expression:
        if node.op != "pow" or not node.element or node.args[1].op != "constant":
            return node
        base, exponent = node.args
        if exponent.value == 0.5:
            return Expression("sqrt", (base,), None, node.line)
        if exponent.value not in (2.0, 3.0, 4.0):
            return node
        square = Expression("mul", (base, base), None, node.line)
        if exponent.value == 2.0:
            return square
        other = base if exponent.value == 3.0 else square
        return Expression("mul", (square, other), None, node.line)

    return program.rewrite(visit)


def stable_powers(program: Program) -> Program:
    """1 - b**t becomes -expm1(t * log b).

    Where scalars are traced in float32, 1 - 0.999**t is off by 2e-5 of itself at t = 1 and this
    form by 3e-7. On a host scalars are float64, and the plain form is exact enough.
    """

    def visit(node: Expression) -> Expression:
        if node.op != "sub" or node.element or not is_number(node.args[0], 1.0):
            return node
        power = node.args[1]
        if power.op != "pow" or power.args[1].op == "constant":
            return node
        base, exponent = power.args
        return apply(
            "mul", constant(-1.0), apply("expm1", apply("mul", exponent, apply("log", base)))
        )

    return program.rewrite(visit)
