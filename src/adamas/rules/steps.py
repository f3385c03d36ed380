"""Pieces that change the step a rule has made: cautious, clip_update, lookahead."""

from adamas.language.declare import count, fraction, like, positive, shared
from adamas.language.functions import floor, maximum, mean, sqrt, where
from adamas.language.rule import update
from adamas.symbols import p as start


@update
def cautious(u, g, *, least=positive(1e-3, "the smallest share that the rest is divided by")):
    """Leave out what goes uphill: where the step and the gradient have the same sign, do not move.

    What is left is scaled up, so that the whole step keeps its size.

    Reference: Liang et al., "Cautious Optimizers: Improving Training with One Line of Code", 2024,
    Algorithm 1 (the least share as in the authors' code).
    """
    mask = where(u * g < 0, 1, 0)
    share = mean(mask)
    u = u * mask / maximum(share, least)
    return u


@update
def clip_update(
    u, *, limit=positive(1.0, "the largest root mean square, in units of lr"), lr=shared
):
    """Scale a tensor's step down where its root mean square is above limit times lr.

    Reference: Shazeer & Stern, "Adafactor: Adaptive Learning Rates with Sublinear Memory Cost",
    ICML 2018, section 6.
    """
    size = sqrt(mean(u**2))
    u = u / maximum(1, size / (limit * lr))
    return u


@update
def lookahead(
    u,
    p,
    t,
    slow=like(start),
    *,
    every=count(5, "how many quick steps go before a slow one"),
    alpha=fraction(0.5, "how far the slow step goes"),
):
    """After every few steps go back part of the way to where they began.

    The slow weights are an average over the end points of short excursions.

    Reference: Zhang et al., "Lookahead Optimizer: k steps forward, 1 step back", NeurIPS 2019,
    Algorithm 1.
    """
    back = (1 - alpha) * (slow - p) + alpha * u  # slow + alpha * (p + u - slow), less p
    now = t == every * floor(t / every)
    slow = where(now, p + back, slow)
    u = where(now, back, u)
    return u, slow
