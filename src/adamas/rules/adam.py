"""The Adam family: adam, adamw, nadam, radam, adopt."""

from adamas.language.declare import decay, learning_rate, nonnegative, scalar
from adamas.language.functions import ema, first, maximum, sqrt, where
from adamas.language.rule import rule


@rule
def adam(
    p,
    g,
    m,
    v,
    t,
    *,
    lr=learning_rate(1e-3),
    beta1=decay(0.9),
    beta2=decay(0.999),
    eps=nonnegative(1e-8, "what keeps the division finite"),
):
    """Step along the average gradient, divided by its usual size.

    Both averages start at zero and are corrected for it, so the first step already has length lr.

    Reference: Kingma & Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015, Algorithm 1.
    """
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    rate = lr / (sqrt(v_hat) + eps)
    p = p - rate * m_hat
    return p, m, v


@rule
def adamw(
    p,
    g,
    m,
    v,
    t,
    *,
    lr=learning_rate(1e-3),
    beta1=decay(0.9),
    beta2=decay(0.999),
    eps=nonnegative(1e-8, "what keeps the division finite"),
    weight_decay=nonnegative(1e-2, "the pull towards zero, multiplied by lr"),
):
    """Step as adam does, and pull every parameter a little towards zero.

    The pull is not divided by the gradient's size, as it would be if it were part of the gradient.

    Differs from the paper: weight_decay is multiplied by lr and not only by the schedule, as in
    torch, optax and Keras.

    Reference: Loshchilov & Hutter, "Decoupled Weight Decay Regularization", ICLR 2019, Algorithm 2.
    """
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    rate = lr / (sqrt(v_hat) + eps)
    p = p - lr * weight_decay * p - rate * m_hat  # the paper: schedule * weight_decay * p
    return p, m, v


@rule
def nadam(
    p,
    g,
    m,
    v,
    t,
    mu_product=scalar(1.0),
    *,
    lr=learning_rate(2e-3),
    beta1=decay(0.9),
    beta2=decay(0.999),
    eps=nonnegative(1e-8, "what keeps the division finite"),
    momentum_decay=nonnegative(4e-3, "how slowly the momentum warms up"),
):
    """Step as adam does, looking ahead by one step of momentum.

    Nesterov's momentum in adam's scale, with a momentum that warms up to beta1.

    Differs from the paper: the warm-up is 0.96**(t * momentum_decay) with 0.004, as in torch; the
    paper's own experiments used other schedules.

    Reference: Dozat, "Incorporating Nesterov Momentum into Adam", ICLR Workshop 2016, Algorithm 2.
    """
    mu = beta1 * (1 - 0.5 * 0.96 ** (t * momentum_decay))
    mu_next = beta1 * (1 - 0.5 * 0.96 ** ((t + 1) * momentum_decay))
    mu_product = mu_product * mu
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    m_hat = mu_next * m / (1 - mu_product * mu_next) + (1 - mu) * g / (1 - mu_product)
    v_hat = v / (1 - beta2**t)
    rate = lr / (sqrt(v_hat) + eps)
    p = p - rate * m_hat
    return p, m, v, mu_product


@rule
def radam(
    p,
    g,
    m,
    v,
    t,
    *,
    lr=learning_rate(1e-3),
    beta1=decay(0.9),
    beta2=decay(0.999),
    eps=nonnegative(1e-8, "what keeps the division finite"),
):
    """Step along the average gradient; divide it by its usual size only once that size is known.

    The first steps, in which v has seen too few gradients, are momentum's; then a factor grows
    to 1.

    Differs from the paper: eps is added to the root, as in torch and optax; the paper has none.

    Reference: Liu et al., "On the Variance of the Adaptive Learning Rate and Beyond", ICLR 2020,
    Algorithm 2.
    """
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    rho_max = 2 / (1 - beta2) - 1
    rho = rho_max - 2 * t * beta2**t / (1 - beta2**t)
    r = sqrt((rho - 4) * (rho - 2) * rho_max / ((rho_max - 4) * (rho_max - 2) * rho))
    rate = where(rho > 4, lr * r / (sqrt(v_hat) + eps), lr)  # torch, optax: rho > 5, rho >= 5
    p = p - rate * m_hat
    return p, m, v


@rule
def adopt(
    p,
    g,
    m,
    v,
    *,
    lr=learning_rate(1e-3),
    beta1=decay(0.9),
    beta2=decay(0.9999),
    eps=nonnegative(1e-6, "the smallest divisor"),
):
    """Divide each gradient by the usual size of those before it, then step along the average.

    Because v does not know the gradient it divides, any beta2 converges. The first step only
    fills v.

    Reference: Taniguchi et al., "ADOPT: Modified Adam Can Converge with Any beta2 with the Optimal
    Rate", NeurIPS 2024, Algorithm 1.
    """
    scaled = g / maximum(sqrt(v), eps)
    m = where(first(v), m, ema(m, scaled, beta1))
    p = p - lr * m
    v = where(first(v), g**2, ema(v, g**2, beta2))
    return p, m, v
