"""Gradient descent and momentum: sgd, momentum, nesterov."""

from adamas.language.declare import decay, fraction, learning_rate
from adamas.language.functions import first, where
from adamas.language.rule import rule


@rule
def sgd(p, g, *, lr=learning_rate(1e-2)):
    """Step against the gradient.

    The step is as long as the gradient is steep, so one learning rate must fit all parameters.

    Reference: Robbins & Monro, "A Stochastic Approximation Method", Annals of Mathematical
    Statistics 22, 1951.
    """
    p = p - lr * g
    return p


@rule
def momentum(
    p,
    g,
    b,
    *,
    lr=learning_rate(1e-2),
    momentum=decay(0.9),
    dampening=fraction(0.0, "how much of a new gradient is left out"),
):
    """Step along a running sum of gradients.

    What gradients agree on adds up to 1 / (1 - momentum) steps; what they disagree on cancels.

    Differs from the paper: the buffer holds a sum of gradients and not of steps (as in torch and
    optax), so a change of the learning rate acts at once; the first gradient is taken whole.

    Reference: Polyak, "Some methods of speeding up the convergence of iteration methods", USSR
    Computational Mathematics and Mathematical Physics 4, 1964.
    """
    b = where(first(b), g, momentum * b + (1 - dampening) * g)
    p = p - lr * b
    return p, b


@rule
def nesterov(p, g, b, *, lr=learning_rate(1e-2), momentum=decay(0.9)):
    """Step along the running sum of gradients as it will be after one more step like this.

    Looking ahead damps the oscillation that momentum brings.

    Differs from the paper: written in terms of the point where the gradient is taken (as in torch,
    optax and Keras), after Sutskever et al., ICML 2013.

    Reference: Nesterov, "A method for solving the convex programming problem with convergence rate
    O(1/k^2)", Doklady Akademii Nauk SSSR 269, 1983.
    """
    b = momentum * b + g
    p = p - lr * (g + momentum * b)
    return p, b
