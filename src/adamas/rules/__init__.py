"""The book: every rule and piece, by name."""

from __future__ import annotations

from adamas.language.rule import Piece
from adamas.rules.adagrad import (
    adadelta,
    adagrad,
    rmsprop,
    rmsprop_centered,
    rmsprop_momentum,
)
from adamas.rules.adam import adam, adamw, adopt, nadam, radam
from adamas.rules.adam_variants import adabelief, adamax, amsgrad, laprop, yogi
from adamas.rules.averaging import average
from adamas.rules.centralize import centralize
from adamas.rules.clipping import clip_global_norm, clip_value
from adamas.rules.decay import independent_weight_decay, l2, weight_decay
from adamas.rules.schedule_free import asgd, schedule_free_adamw, schedule_free_sgd
from adamas.rules.several_averages import adan, ademamix
from adamas.rules.sgd import momentum, nesterov, sgd
from adamas.rules.sign import lion, rprop, signsgd, signum
from adamas.rules.steps import cautious, clip_update, lookahead

BOOK: dict[str, Piece] = {
    "sgd": sgd,
    "momentum": momentum,
    "nesterov": nesterov,
    "adagrad": adagrad,
    "rmsprop": rmsprop,
    "rmsprop_centered": rmsprop_centered,
    "rmsprop_momentum": rmsprop_momentum,
    "adadelta": adadelta,
    "adam": adam,
    "adamw": adamw,
    "nadam": nadam,
    "radam": radam,
    "adopt": adopt,
    "adamax": adamax,
    "amsgrad": amsgrad,
    "adabelief": adabelief,
    "yogi": yogi,
    "laprop": laprop,
    "adan": adan,
    "ademamix": ademamix,
    "signsgd": signsgd,
    "signum": signum,
    "lion": lion,
    "rprop": rprop,
    "schedule_free_sgd": schedule_free_sgd,
    "schedule_free_adamw": schedule_free_adamw,
    "asgd": asgd,
}

PIECES: dict[str, Piece] = {
    "clip_global_norm": clip_global_norm,
    "clip_value": clip_value,
    "centralize": centralize,
    "l2": l2,
    "weight_decay": weight_decay,
    "independent_weight_decay": independent_weight_decay,
    "cautious": cautious,
    "clip_update": clip_update,
    "lookahead": lookahead,
    "average": average,
}

__all__ = ["BOOK", "PIECES", *BOOK, *PIECES]
