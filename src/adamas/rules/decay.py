"""Pieces that pull parameters towards zero: l2, weight_decay, independent_weight_decay."""

from adamas.language.declare import nonnegative, shared
from adamas.language.rule import gradient, update


@gradient
def l2(g, p, *, weight_decay=nonnegative(1e-2, "the factor of p in the gradient")):
    """Add weight_decay * p to the gradient: the gradient of a penalty on the squared parameters.

    Adaptive rules divide this by the gradient's size; see weight_decay for the pull that is not.

    Reference: Krogh & Hertz, "A Simple Weight Decay Can Improve Generalization", NIPS 1991.
    """
    g = g + weight_decay * p
    return g


@update
def weight_decay(
    u, p, *, weight_decay=nonnegative(1e-2, "the pull towards zero, multiplied by lr"), lr=shared
):
    """Pull every parameter towards zero by lr * weight_decay of itself.

    Reference: Loshchilov & Hutter, "Decoupled Weight Decay Regularization", ICLR 2019.
    """
    u = u - lr * weight_decay * p
    return u


@update
def independent_weight_decay(
    u, p, *, weight_decay=nonnegative(1e-5, "the part of p that is lost at each step")
):
    """Pull every parameter towards zero by weight_decay of itself, whatever the learning rate.

    The best value does not move with lr, which the paper wanted and libraries do not do.

    Reference: Loshchilov & Hutter, "Decoupled Weight Decay Regularization", ICLR 2019, Algorithm 2.
    """
    u = u - weight_decay * p
    return u
