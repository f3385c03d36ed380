"""Adam with one line changed: adamax, amsgrad, adabelief, yogi, laprop."""

from adamas.language.declare import decay, full, learning_rate, nonnegative
from adamas.language.functions import ema, maximum, sign, sqrt
from adamas.language.rule import rule
from adamas.symbols import initial


@rule
def adamax(
    p,
    g,
    m,
    g_max,
    t,
    *,
    lr=learning_rate(2e-3),
    beta1=decay(0.9),
    beta2=decay(0.999),
    eps=nonnegative(1e-8, "what keeps the division finite"),
):
    """Step along the average gradient, divided by its largest recent size.

    The largest size fades by beta2 at each step; a huge gradient is remembered longer than in adam.

    Differs from the paper: eps is added to the gradient's size, as in torch and optax; the paper
    has none, and divides 0 by 0 where no gradient has come yet.

    Reference: Kingma & Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015, Algorithm 2.
    """
    m = beta1 * m + (1 - beta1) * g
    g_max = maximum(beta2 * g_max, abs(g) + eps)
    m_hat = m / (1 - beta1**t)
    rate = lr / g_max
    p = p - rate * m_hat
    return p, m, g_max


@rule
def amsgrad(
    p,
    g,
    m,
    v,
    v_max,
    t,
    *,
    lr=learning_rate(1e-3),
    beta1=decay(0.9),
    beta2=decay(0.999),
    eps=nonnegative(1e-8, "what keeps the division finite"),
):
    """Step as adam does, but divide by the largest average square there has been.

    The effective learning rate can never rise, which is what adam's proof of convergence lacked.

    Differs from the paper: both averages are corrected for their start at zero, as in torch.

    Reference: Reddi, Kale & Kumar, "On the Convergence of Adam and Beyond", ICLR 2018, Algorithm 2.
    """
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    v_max = maximum(v_max, v)
    m_hat = m / (1 - beta1**t)
    v_hat = v_max / (1 - beta2**t)
    rate = lr / (sqrt(v_hat) + eps)
    p = p - rate * m_hat
    return p, m, v, v_max


@rule
def adabelief(
    p,
    g,
    m,
    s,
    t,
    *,
    lr=learning_rate(1e-3),
    beta1=decay(0.9),
    beta2=decay(0.999),
    eps=nonnegative(1e-16, "what is added to the variance, and again to its root"),
):
    """Step along the average gradient, divided by how far gradients stray from it.

    Where gradients are as expected the step is long, however large they are.

    Reference: Zhuang et al., "AdaBelief Optimizer: Adapting Stepsizes by the Belief in Observed
    Gradients", NeurIPS 2020, Algorithm 2.
    """
    m = beta1 * m + (1 - beta1) * g
    s = beta2 * s + (1 - beta2) * (g - m) ** 2 + eps
    m_hat = m / (1 - beta1**t)
    s_hat = s / (1 - beta2**t)
    rate = lr / (sqrt(s_hat) + eps)
    p = p - rate * m_hat
    return p, m, s


@rule
def yogi(
    p,
    g,
    m,
    v=full(initial),
    *,
    lr=learning_rate(1e-2),
    beta1=decay(0.9),
    beta2=decay(0.999),
    eps=nonnegative(1e-3, "what keeps the division finite"),
    initial=nonnegative(1e-6, "where the average square starts"),
):
    """Step as adam does, with an average square that moves by a fixed part of the new square.

    adam's v can fall by a part of itself, and then steps grow at once; here it falls slowly.

    Reference: Zaheer et al., "Adaptive Methods for Nonconvex Optimization", NeurIPS 2018,
    Algorithm 2.
    """
    m = beta1 * m + (1 - beta1) * g
    v = v - (1 - beta2) * sign(v - g**2) * g**2
    rate = lr / (sqrt(v) + eps)
    p = p - rate * m
    return p, m, v


@rule
def laprop(
    p,
    g,
    m,
    v,
    t,
    *,
    lr=learning_rate(4e-4),
    beta1=decay(0.9),
    beta2=decay(0.999),
    eps=nonnegative(1e-15, "what keeps the division finite"),
):
    """Divide each gradient by its usual size first, then average, then step.

    adam the other way round: an old gradient keeps the scale it had when it came.

    Reference: Ziyin, Wang & Ueda, "LaProp: Separating Momentum and Adaptivity in Adam", 2020,
    Algorithm 1.
    """
    v = beta2 * v + (1 - beta2) * g**2
    v_hat = v / (1 - beta2**t)
    m = ema(m, g / (sqrt(v_hat) + eps), beta1)
    m_hat = m / (1 - beta1**t)
    p = p - lr * m_hat
    return p, m, v
