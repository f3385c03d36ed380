"""Pieces that observe the parameters: average."""

from adamas.language.declare import decay, like
from adamas.language.functions import ema, evaluate
from adamas.language.rule import observe
from adamas.symbols import p as start


@observe
def average(p, x=like(start), *, decay=decay(0.999)):
    """Keep an exponential moving average of the parameters to evaluate with.

    Reference: Polyak & Juditsky, "Acceleration of Stochastic Approximation by Averaging", SIAM
    Journal on Control and Optimization 30, 1992; the exponential form as in Kingma & Ba, 2015,
    section 7.2.
    """
    x = ema(x, p, decay)
    return x, evaluate(x)
