"""Steps of one length: signsgd, signum, lion, rprop."""

from adamas.language.declare import between, decay, full, learning_rate, nonnegative, positive
from adamas.language.functions import clip, ema, sign, where
from adamas.language.rule import rule
from adamas.symbols import lr


@rule
def signsgd(p, g, *, lr=learning_rate(1e-3)):
    """Step by lr against the sign of each gradient.

    How steep it is does not matter, only which way it goes; one bit per parameter says it all.

    Reference: Bernstein et al., "signSGD: Compressed Optimisation for Non-Convex Problems", ICML
    2018, Algorithm 1.
    """
    p = p - lr * sign(g)
    return p


@rule
def signum(p, g, m, *, lr=learning_rate(1e-3), momentum=decay(0.9)):
    """Step by lr against the sign of the average gradient.

    signsgd, with a majority vote over time.

    Reference: Bernstein et al., "signSGD: Compressed Optimisation for Non-Convex Problems", ICML
    2018, Algorithm 2.
    """
    m = ema(m, g, momentum)
    p = p - lr * sign(m)
    return p, m


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


@rule
def rprop(
    p,
    g,
    g_before,
    step_size=full(lr),
    *,
    lr=learning_rate(1e-2),
    shrink=between(0.5, 0.0, 1.0, "the factor after a change of sign", low_open=True),
    grow=between(1.2, 1.0, 10.0, "the factor while the sign stays"),
    smallest=positive(1e-6, "the shortest step"),
    largest=positive(50.0, "the longest step"),
):
    """Step against each gradient's sign, by a length of its own that grows while the sign stays.

    After a change of sign the length shrinks and the parameter waits for one step. For gradients of
    all data at once: in minibatches the signs are noise.

    Reference: Riedmiller & Braun, "A direct adaptive method for faster backpropagation learning:
    the RPROP algorithm", ICNN 1993.
    """
    agree = g * g_before
    factor = where(agree > 0, grow, where(agree < 0, shrink, 1))
    step_size = clip(step_size * factor, smallest, largest)
    g_before = where(agree < 0, 0, g)
    p = p - sign(g_before) * step_size
    return p, g_before, step_size
