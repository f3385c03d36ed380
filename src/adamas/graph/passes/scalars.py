"""Gather scalars: in a product, scalar factors are multiplied with one another first, on the host.

(lr / (sqrt(v_hat) + eps)) * (m / (1 - beta1**t)) becomes
m * (lr / (1 - beta1**t)) / (sqrt(v_hat) + eps): one division per element instead of two (measured
for Adam in cache: 0.627 ns instead of 0.915). A division by a scalar becomes a multiplication by
its reciprocal, taken in float64.
"""

from __future__ import annotations

from adamas.graph.passes.fold import simplify
from adamas.graph.program import Program
from adamas.language.expression import Expression, apply, constant


def gather_scalars(program: Program) -> Program:
    """The same products with one scalar factor and at most one division each."""
    return program.rewrite(_gather)


def _gather(node: Expression) -> Expression:
    if not node.element or node.op not in ("mul", "div", "neg"):
        return node
    above: list[Expression] = []
    below: list[Expression] = []
    _factors(node, above, below)
    scalars_above = [factor for factor in above if not factor.element]
    scalars_below = [factor for factor in below if not factor.element]
    elements_above = [factor for factor in above if factor.element]
    elements_below = [factor for factor in below if factor.element]
    if not scalars_above and not scalars_below:
        return node
    factor = _product(scalars_above)
    if scalars_below:
        factor = simplify(apply("div", factor, _product(scalars_below)))
    value = factor
    if elements_above:
        value = simplify(apply("mul", _product(elements_above), factor))
    for divisor in elements_below:
        value = apply("div", value, divisor)
    return value


def _factors(node: Expression, above: list[Expression], below: list[Expression]) -> None:
    """Take a product apart into the factors above and below its fraction bar."""
    square = node.op == "mul" and node.args[0] is node.args[1]
    if node.op == "mul" and node.element and not square:
        # A square stays whole: in (g * scale)**2 the scale is what keeps it from overflowing.
        for argument in node.args:
            _factors(argument, above, below)
    elif node.op == "div" and node.element:
        # A divisor stays whole: turning over a quotient would turn 0/0 and inf/inf into numbers.
        _factors(node.args[0], above, below)
        below.append(node.args[1])
    elif node.op == "neg" and node.element:
        above.append(constant(-1.0))
        _factors(node.args[0], above, below)
    else:
        above.append(node)


def _product(factors: list[Expression]) -> Expression:
    product = constant(1.0)
    for factor in factors:
        product = simplify(apply("mul", product, factor))
    return product
