"""The cases every check runs on: each rule, hard settings of some, each piece in a chain.

A new rule adds no test code: it is a case by being in the book.
"""

from __future__ import annotations

from adamas import chain, rules, schedules
from adamas.language.chain import Rule

# The engines every check runs on: adding one here is all that a new engine needs.
ENGINES = ("interpret", "cpu")
DTYPES = ("float32", "float64")

# Settings in which a rule takes another path than with its defaults.
SETTINGS: dict[str, Rule] = {
    "momentum, dampened": rules.momentum(dampening=0.3),
    "adagrad, initial": rules.adagrad(initial=0.1),
    "rmsprop, long memory": rules.rmsprop(decay=0.999),
    "adam, no memory": rules.adam(beta1=0.0, beta2=0.0),
    "adam, eps 0": rules.adam(eps=0.0),
    "adam, scheduled": rules.adam(lr=0.01 * schedules.warmup(5) * schedules.cosine(20)),
    "radam, short memory": rules.radam(beta2=0.9),  # rectified from the eighth step on
    "lion, decay": rules.lion(lr=1e-2, weight_decay=0.1),
    "schedule_free_sgd, scheduled": rules.schedule_free_sgd(lr=0.1 * schedules.warmup(5)),
}

# Each piece around a rule, and some chains of several.
CHAINS: dict[str, Rule] = {
    "clip_global_norm": chain(rules.clip_global_norm(max_norm=0.5), rules.momentum),
    "clip_value": chain(rules.clip_value(limit=0.5), rules.adam),
    "l2": chain(rules.l2(weight_decay=0.1), rules.nesterov),
    "weight_decay": chain(rules.sgd, rules.weight_decay(weight_decay=0.1)),
    "independent_weight_decay": chain(rules.adam, rules.independent_weight_decay),
    "average": chain(rules.sgd(lr=0.1), rules.average(decay=0.9)),
    "clip, adam, decay, average": chain(
        rules.clip_global_norm, rules.adam, rules.weight_decay, rules.average
    ),
    "five pieces": chain(
        rules.clip_value(limit=3.0),
        rules.l2,
        rules.adopt(lr=0.01),
        rules.weight_decay(lr=0.5),
        rules.independent_weight_decay(weight_decay=0.01),
    ),
    "clip, schedule_free_sgd": chain(
        rules.clip_global_norm(max_norm=schedules.constant(2.0)), rules.schedule_free_sgd
    ),
}

for _name, _piece in rules.PIECES.items():
    if _name not in CHAINS:
        parts = (_piece, rules.adam) if _piece.kind == "gradient" else (rules.adam, _piece)
        CHAINS[_name] = chain(*parts)

CASES: dict[str, Rule] = {**rules.BOOK, **SETTINGS, **CHAINS}


def without_decay(rule: Rule) -> Rule:
    """The rule with every weight_decay at zero."""
    names = [name for name in rule.hyperparameters if name.split(".")[-1] == "weight_decay"]
    return rule.bind(dict.fromkeys(names, 0.0)) if names else rule
