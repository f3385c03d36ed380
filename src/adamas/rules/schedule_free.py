"""Averages instead of a schedule: schedule_free_sgd."""

from adamas.language.declare import between, learning_rate, like, scalar
from adamas.language.functions import evaluate, where
from adamas.language.rule import rule
from adamas.symbols import p as start


@rule
def schedule_free_sgd(
    p,
    g,
    z=like(start),
    weight_sum=scalar(0.0),
    *,
    lr=learning_rate(1.0),
    beta=between(0.9, 0.0, 1.0, "how near to the average gradients are taken", low_open=True),
):
    """Step a fast point z, average it in x, and take gradients at p, a mixture of both.

    The average does what a falling learning rate would do, without knowing when training ends.

    Differs from the paper: steps are averaged with the weight lr**2 (as in the authors' code),
    which is the paper's 1 / t where lr is constant. Evaluate with x, not with p.

    Reference: Defazio et al., "The Road Less Scheduled", NeurIPS 2024, equations 5 to 7.
    """
    weight_sum = weight_sum + lr**2
    c = where(weight_sum > 0, lr**2 / weight_sum, 0)
    # (1 - beta) * z + beta * x with the new z and x, rearranged so that x is not stored
    p = (1 - c) * p + c * z - lr * (1 - beta * (1 - c)) * g
    z = z - lr * g
    x = (p - (1 - beta) * z) / beta
    return p, z, weight_sum, evaluate(x)
