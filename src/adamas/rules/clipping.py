"""Pieces that limit the gradient: clip_global_norm, clip_value."""

from adamas.language.declare import positive
from adamas.language.functions import clip, global_norm, minimum
from adamas.language.rule import gradient


@gradient
def clip_global_norm(g, *, max_norm=positive(1.0, "the largest norm that is left as it is")):
    """Scale all gradients down together where their common norm is above max_norm.

    The direction stays. torch adds 1e-6 to the norm; this does not.

    Reference: Pascanu, Mikolov & Bengio, "On the difficulty of training recurrent neural networks",
    ICML 2013, Algorithm 1.
    """
    norm = global_norm(g)
    g = g * minimum(1, max_norm / norm)
    return g


@gradient
def clip_value(g, *, limit=positive(1.0, "the largest size of an element")):
    """Limit each element of the gradient to the range from -limit to limit.

    Reference: Mikolov, "Statistical Language Models Based on Neural Networks", PhD thesis, Brno
    University of Technology, 2012.
    """
    g = clip(g, -limit, limit)
    return g
