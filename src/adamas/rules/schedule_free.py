"""Averages instead of a schedule: schedule_free_sgd, schedule_free_adamw, asgd."""

from adamas.language.declare import between, decay, learning_rate, like, nonnegative, scalar
from adamas.language.functions import evaluate, maximum, sqrt, where
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


@rule
def schedule_free_adamw(
    p,
    g,
    v,
    t,
    z=like(start),
    weight_sum=scalar(0.0),
    *,
    lr=learning_rate(2.5e-3),
    beta1=between(0.9, 0.0, 1.0, "how near to the average gradients are taken", low_open=True),
    beta2=decay(0.999),
    eps=nonnegative(1e-8, "what keeps the division finite"),
    weight_decay=nonnegative(0.0, "the pull towards zero, multiplied by lr"),
):
    """Step a fast point z as adamw does, average it in x, take gradients at a mixture of both.

    The mixture takes the place of adam's momentum, the average that of its schedule.

    Differs from the paper: steps are averaged with the weight lr**2, as in the authors' code.
    Evaluate with x, not with p.

    Reference: Defazio et al., "The Road Less Scheduled", NeurIPS 2024, Algorithm 1.
    """
    v = beta2 * v + (1 - beta2) * g**2
    v_hat = v / (1 - beta2**t)
    direction = g / (sqrt(v_hat) + eps) + weight_decay * p
    weight_sum = weight_sum + lr**2
    c = where(weight_sum > 0, lr**2 / weight_sum, 0)
    p = (1 - c) * p + c * z - lr * (1 - beta1 * (1 - c)) * direction
    z = z - lr * direction
    x = (p - (1 - beta1) * z) / beta1
    return p, v, z, weight_sum, evaluate(x)


@rule
def asgd(
    p,
    g,
    t,
    x=like(start),
    *,
    lr=learning_rate(1e-2),
    weight_decay=nonnegative(1e-4, "the pull towards zero, which also slows the steps down"),
    power=between(0.75, 0.0, 1.0, "how fast the steps become shorter"),
    begin=nonnegative(0.0, "how many steps are left out of the average"),
):
    """Step against the gradient with a learning rate that falls, and average the parameters.

    The average has the error of a much longer run; evaluate with it, not with p.

    Differs from the paper: the average begins after `begin` steps; torch's default of a million
    leaves most runs without any.

    Reference: Polyak & Juditsky, "Acceleration of Stochastic Approximation by Averaging", SIAM
    Journal on Control and Optimization 30, 1992; the schedule as in Xu, "Towards Optimal One Pass
    Large Scale Learning with Averaged Stochastic Gradient Descent", 2011.
    """
    rate = lr / (1 + weight_decay * lr * (t - 1)) ** power
    p = p - weight_decay * rate * p - rate * g
    x = x + (p - x) / maximum(1, t - begin)
    return p, x, evaluate(x)
