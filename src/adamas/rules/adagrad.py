"""Steps divided by the gradient's usual size: adagrad, and rmsprop in three forms."""

from adamas.language.declare import decay, full, learning_rate, nonnegative
from adamas.language.functions import ema, sqrt
from adamas.language.rule import rule
from adamas.symbols import initial


@rule
def adagrad(
    p,
    g,
    s=full(initial),
    *,
    lr=learning_rate(1e-2),
    eps=nonnegative(1e-10, "what keeps the division finite"),
    initial=nonnegative(0.0, "where the sum of squares starts"),
):
    """Divide each gradient by the root of the sum of all its squares so far.

    Parameters that rarely see a gradient keep a long step; all steps shrink with time.

    Reference: Duchi, Hazan & Singer, "Adaptive Subgradient Methods for Online Learning and
    Stochastic Optimization", JMLR 12, 2011, Figure 1 (diagonal form).
    """
    s = s + g**2
    rate = lr / (sqrt(s) + eps)
    p = p - rate * g
    return p, s


@rule
def rmsprop(
    p,
    g,
    v,
    *,
    lr=learning_rate(1e-3),
    decay=decay(0.9),
    eps=nonnegative(1e-8, "what keeps the division finite"),
):
    """Divide each gradient by its recent root mean square.

    adagrad with a memory that fades, so that steps do not shrink for ever.

    Reference: Tieleman & Hinton, "Lecture 6.5: rmsprop", Neural Networks for Machine Learning,
    Coursera, 2012.
    """
    v = ema(v, g**2, decay)
    rate = lr / (sqrt(v) + eps)
    p = p - rate * g
    return p, v


@rule
def rmsprop_centered(
    p,
    g,
    v,
    g_mean,
    *,
    lr=learning_rate(1e-3),
    decay=decay(0.9),
    eps=nonnegative(1e-8, "what is added to the variance"),
):
    """Divide each gradient by its recent standard deviation.

    A gradient that is large but steady is not divided by its own size.

    Differs from the paper: eps stands under the root as in the paper, where torch adds it outside
    and can take the root of a number that rounding has made negative.

    Reference: Graves, "Generating Sequences With Recurrent Neural Networks", arXiv 1308.0850, 2013,
    equations 38 to 41.
    """
    v = ema(v, g**2, decay)
    g_mean = ema(g_mean, g, decay)
    rate = lr / sqrt(v - g_mean**2 + eps)
    p = p - rate * g
    return p, v, g_mean


@rule
def rmsprop_momentum(
    p,
    g,
    v,
    b,
    *,
    lr=learning_rate(1e-3),
    decay=decay(0.9),
    momentum=decay(0.9),
    eps=nonnegative(1e-8, "what keeps the division finite"),
):
    """Step along a running sum of gradients, each divided by its recent root mean square.

    rmsprop's scale with momentum's direction; adam is this with averages that are corrected.

    Reference: Tieleman & Hinton, "Lecture 6.5: rmsprop", Neural Networks for Machine Learning,
    Coursera, 2012.
    """
    v = ema(v, g**2, decay)
    rate = lr / (sqrt(v) + eps)
    b = momentum * b + rate * g
    p = p - b
    return p, v, b


@rule
def adadelta(
    p,
    g,
    v,
    d,
    *,
    lr=learning_rate(1.0),
    decay=decay(0.9),
    eps=nonnegative(1e-6, "what lets the first steps begin"),
):
    """Divide each gradient by its recent size, and multiply it by the recent size of the steps.

    So a step has the parameter's own unit, and there is no learning rate to choose.

    Differs from the paper: a learning rate, 1 by default, as in torch, optax and Keras.

    Reference: Zeiler, "ADADELTA: An Adaptive Learning Rate Method", 2012, Algorithm 1.
    """
    v = ema(v, g**2, decay)
    rate = sqrt(d + eps) / sqrt(v + eps)
    step_size = rate * g
    d = ema(d, step_size**2, decay)
    p = p - lr * step_size
    return p, v, d
