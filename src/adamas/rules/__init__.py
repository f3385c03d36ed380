"""The book: every rule and piece, by name."""

from __future__ import annotations

from adamas.language.rule import Piece
from adamas.rules.adagrad import adagrad, rmsprop, rmsprop_centered, rmsprop_momentum
from adamas.rules.adam import adam, adamw, adopt, nadam, radam
from adamas.rules.averaging import average
from adamas.rules.clipping import clip_global_norm, clip_value
from adamas.rules.decay import independent_weight_decay, l2, weight_decay
from adamas.rules.schedule_free import schedule_free_sgd
from adamas.rules.sgd import momentum, nesterov, sgd
from adamas.rules.sign import lion

BOOK: dict[str, Piece] = {
    "sgd": sgd,
    "momentum": momentum,
    "nesterov": nesterov,
    "adagrad": adagrad,
    "rmsprop": rmsprop,
    "rmsprop_centered": rmsprop_centered,
    "rmsprop_momentum": rmsprop_momentum,
    "adam": adam,
    "adamw": adamw,
    "nadam": nadam,
    "radam": radam,
    "adopt": adopt,
    "lion": lion,
    "schedule_free_sgd": schedule_free_sgd,
}

PIECES: dict[str, Piece] = {
    "clip_global_norm": clip_global_norm,
    "clip_value": clip_value,
    "l2": l2,
    "weight_decay": weight_decay,
    "independent_weight_decay": independent_weight_decay,
    "average": average,
}

__all__ = ["BOOK", "PIECES", *BOOK, *PIECES]
