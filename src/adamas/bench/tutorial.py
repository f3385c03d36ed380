"""NumPy as a tutorial writes it: an independent reference, one plain function per formula.

Each steps one tensor `p` in place; `s` keeps its state from step to step, `h` holds the
hyperparameters. Expressions make a temporary for each operation: that is what is measured.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
State = dict[str, Any]
Values = Mapping[str, float]


def sgd(p: Array, g: Array, s: State, t: int, h: Values) -> None:
    p -= h["lr"] * g


def momentum(p: Array, g: Array, s: State, t: int, h: Values) -> None:
    b = s.get("b")
    s["b"] = g.copy() if b is None else h["momentum"] * b + (1 - h["dampening"]) * g
    p -= h["lr"] * s["b"]


def nesterov(p: Array, g: Array, s: State, t: int, h: Values) -> None:
    s["b"] = h["momentum"] * s.get("b", 0) + g
    p -= h["lr"] * (g + h["momentum"] * s["b"])


def adagrad(p: Array, g: Array, s: State, t: int, h: Values) -> None:
    s["sum"] = s.get("sum", h["initial"]) + g**2
    p -= h["lr"] * g / (np.sqrt(s["sum"]) + h["eps"])


def rmsprop(p: Array, g: Array, s: State, t: int, h: Values) -> None:
    s["v"] = h["decay"] * s.get("v", 0) + (1 - h["decay"]) * g**2
    p -= h["lr"] * g / (np.sqrt(s["v"]) + h["eps"])


def adam(p: Array, g: Array, s: State, t: int, h: Values) -> None:
    s["m"] = h["beta1"] * s.get("m", 0) + (1 - h["beta1"]) * g
    s["v"] = h["beta2"] * s.get("v", 0) + (1 - h["beta2"]) * g**2
    m_hat = s["m"] / (1 - h["beta1"] ** t)
    v_hat = s["v"] / (1 - h["beta2"] ** t)
    p -= h["lr"] * m_hat / (np.sqrt(v_hat) + h["eps"])


def adamw(p: Array, g: Array, s: State, t: int, h: Values) -> None:
    p -= h["lr"] * h["weight_decay"] * p
    adam(p, g, s, t, h)


def nadam(p: Array, g: Array, s: State, t: int, h: Values) -> None:
    mu = h["beta1"] * (1 - 0.5 * 0.96 ** (t * h["momentum_decay"]))
    mu_next = h["beta1"] * (1 - 0.5 * 0.96 ** ((t + 1) * h["momentum_decay"]))
    s["product"] = s.get("product", 1.0) * mu
    s["m"] = h["beta1"] * s.get("m", 0) + (1 - h["beta1"]) * g
    s["v"] = h["beta2"] * s.get("v", 0) + (1 - h["beta2"]) * g**2
    m_hat = mu_next * s["m"] / (1 - s["product"] * mu_next) + (1 - mu) * g / (1 - s["product"])
    v_hat = s["v"] / (1 - h["beta2"] ** t)
    p -= h["lr"] * m_hat / (np.sqrt(v_hat) + h["eps"])


def radam(p: Array, g: Array, s: State, t: int, h: Values) -> None:
    s["m"] = h["beta1"] * s.get("m", 0) + (1 - h["beta1"]) * g
    s["v"] = h["beta2"] * s.get("v", 0) + (1 - h["beta2"]) * g**2
    m_hat = s["m"] / (1 - h["beta1"] ** t)
    rho_max = 2 / (1 - h["beta2"]) - 1
    rho = rho_max - 2 * t * h["beta2"] ** t / (1 - h["beta2"] ** t)
    if rho <= 4:
        p -= h["lr"] * m_hat
        return
    length = (rho - 4) * (rho - 2) * rho_max / ((rho_max - 4) * (rho_max - 2) * rho)
    v_hat = s["v"] / (1 - h["beta2"] ** t)
    p -= h["lr"] * length**0.5 * m_hat / (np.sqrt(v_hat) + h["eps"])


def lion(p: Array, g: Array, s: State, t: int, h: Values) -> None:
    m = s.get("m", 0)
    direction = np.sign(h["beta1"] * m + (1 - h["beta1"]) * g)
    s["m"] = h["beta2"] * m + (1 - h["beta2"]) * g
    p -= h["lr"] * (direction + h["weight_decay"] * p)


TUTORIAL: dict[str, Callable[[Array, Array, State, int, Values], None]] = {
    "sgd": sgd,
    "momentum": momentum,
    "nesterov": nesterov,
    "adagrad": adagrad,
    "rmsprop": rmsprop,
    "adam": adam,
    "adamw": adamw,
    "nadam": nadam,
    "radam": radam,
    "lion": lion,
}


def clip_global_norm(gradients: list[Array], max_norm: float) -> list[Array]:
    """The gradients scaled together so that their common norm is at most max_norm."""
    norm = float(np.sqrt(sum(np.sum(g**2) for g in gradients)))
    return [g * min(1.0, max_norm / norm) for g in gradients]
