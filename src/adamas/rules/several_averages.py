"""More than two averages: adan, ademamix."""

from adamas.language.declare import decay, learning_rate, nonnegative
from adamas.language.functions import ema, first, sqrt, where
from adamas.language.rule import rule


@rule
def adan(
    p,
    g,
    m,
    d,
    v,
    g_before,
    t,
    *,
    lr=learning_rate(1e-3),
    beta1=decay(0.98),
    beta2=decay(0.92),
    beta3=decay(0.99),
    eps=nonnegative(1e-8, "what keeps the division finite"),
    weight_decay=nonnegative(0.0, "the pull towards zero, multiplied by lr"),
):
    """Step along the average gradient and the average change of the gradient.

    The change foresees the next gradient, as Nesterov's momentum does, without another point.

    Differs from the paper: averages are corrected for their start at zero, and the betas are what
    is kept and not what is new, as in the authors' code.

    Reference: Xie et al., "Adan: Adaptive Nesterov Momentum Algorithm for Faster Optimizing Deep
    Models", TPAMI 2024, Algorithm 1.
    """
    change = where(first(g_before), 0, g - g_before)
    m = ema(m, g, beta1)
    d = ema(d, change, beta2)
    v = ema(v, (g + beta2 * change) ** 2, beta3)
    m_hat = m / (1 - beta1**t)
    d_hat = d / (1 - beta2**t)
    v_hat = v / (1 - beta3**t)
    rate = lr / (sqrt(v_hat) + eps)
    p = (p - rate * (m_hat + beta2 * d_hat)) / (1 + lr * weight_decay)  # optax: 1 - beta2
    g_before = g
    return p, m, d, v, g_before


@rule
def ademamix(
    p,
    g,
    m,
    m_slow,
    v,
    t,
    *,
    lr=learning_rate(1e-3),
    beta1=decay(0.9),
    beta2=decay(0.999),
    beta3=decay(0.9999, "the decay rate of the slow average"),
    alpha=nonnegative(5.0, "the weight of the slow average"),
    eps=nonnegative(1e-8, "what keeps the division finite"),
    weight_decay=nonnegative(0.0, "the pull towards zero, multiplied by lr"),
):
    """Step along a quick and a slow average of gradients together, divided by their usual size.

    Gradients stay relevant for tens of thousands of steps, longer than one average can hold.

    Differs from the paper: alpha and beta3 are constant unless they are given a schedule; the paper
    warms both up.

    Reference: Pagliardini, Ablin & Grangier, "The AdEMAMix Optimizer: Better, Faster, Older", ICLR
    2025, Algorithm 1.
    """
    m = ema(m, g, beta1)
    m_slow = ema(m_slow, g, beta3)
    v = ema(v, g**2, beta2)
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    rate = lr / (sqrt(v_hat) + eps)
    p = p - lr * weight_decay * p - rate * (m_hat + alpha * m_slow)
    return p, m, m_slow, v
