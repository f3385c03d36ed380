"""Steps of one length: lion."""

from adamas.language.declare import decay, learning_rate, nonnegative
from adamas.language.functions import ema, sign
from adamas.language.rule import rule


@rule
def lion(
    p,
    g,
    m,
    *,
    lr=learning_rate(1e-4),
    beta1=decay(0.9),
    beta2=decay(0.99),
    weight_decay=nonnegative(0.0, "the pull towards zero, multiplied by lr"),
):
    """Step by lr in the direction of the sign of an average that leans towards the new gradient.

    Every parameter moves by the same amount, so lr is about a tenth of adam's.

    Reference: Chen et al., "Symbolic Discovery of Optimization Algorithms", NeurIPS 2023,
    Algorithm 2.
    """
    direction = sign(ema(m, g, beta1))
    p = p - lr * (direction + weight_decay * p)
    m = ema(m, g, beta2)
    return p, m
