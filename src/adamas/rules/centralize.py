"""Pieces that change the gradient's mean: centralize."""

from adamas.language.functions import axes, row_mean, where
from adamas.language.rule import gradient


@gradient
def centralize(g):
    """Take the mean out of each row of a matrix's gradient, of each filter's; leave biases alone.

    The weights that lead to one output then keep their sum, which smooths the loss.

    Reference: Yong et al., "Gradient Centralization: A New Optimization Technique for Deep Neural
    Networks", ECCV 2020, equation 1.
    """
    g = where(axes() > 1, g - row_mean(g), g)
    return g
