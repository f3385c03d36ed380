"""Reads rules as a command line spells them: text comes in, bound and labelled rules go out.

adam                              a rule of the book with its defaults
rmsprop:lr=0.01:decay=0.99        hyperparameters behind colons
adam:lr=0.003*warmup(100)         a hyperparameter that follows a schedule
my_rules.py:my_rule:lr=0.01       a rule of the user's own, from his file
adam,my_rules.py:my_rule          commas between rules
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adamas import schedules
from adamas.errors import HyperparameterError, OptionError
from adamas.lab.finding import in_book, in_file
from adamas.language.chain import Rule
from adamas.language.rule import Piece

# Commas and colons inside parentheses belong to a schedule: cosine(1000,0.1).
_COMMA, _COLON = (re.compile(rf"{mark}(?![^()]*\))") for mark in ",:")


@dataclass(frozen=True)
class Contestant:
    """A rule in a comparison: what it is called there, and where it comes from.

    `source` is the name by which the rule is found again: "adam" or "my_rules.py:my_rule".
    """

    label: str
    rule: Rule
    source: str


def contestants(text: str | Sequence[str]) -> tuple[Contestant, ...]:
    """Read rules separated by commas. Two settings of one rule get labels that say what differs."""
    texts = _COMMA.split(text) if isinstance(text, str) else text
    found = [read(one) for one in texts]
    labels = _labels(found)
    for label in labels:
        if labels.count(label) > 1:
            raise OptionError(f"the rule '{label}' is given twice with the same hyperparameters.")
    return tuple(
        Contestant(label, rule, source) for label, (source, rule) in zip(labels, found, strict=True)
    )


def read(text: str, *, pieces: bool = False) -> tuple[str, Rule]:
    """Read one rule: where it is found, and the rule with its hyperparameters bound.

    A piece of a chain, which cannot train alone, is an error unless `pieces`.
    """
    source, *values = _COLON.split(text.strip())
    if source.endswith(".py"):
        if not values or "=" in values[0]:
            raise OptionError(f"{text}: say which rule of the file, as in {source}:my_rule.")
        rule = in_file(Path(source), values[0])
        source = f"{source}:{values.pop(0)}"
    else:
        rule = in_book(source)
    if not pieces and isinstance(rule, Piece) and rule.kind != "rule":
        raise OptionError(
            f"'{source}' is a piece, not a rule. Chain it with one in a file of your own, "
            f"my_rule = chain(...), and give my_rules.py:my_rule."
        )
    try:
        return source, rule.bind(dict(_value(text, value) for value in values))
    except HyperparameterError as error:
        raise HyperparameterError(f"{text}: {error}") from None


def _value(text: str, pair: str) -> tuple[str, Any]:
    name, equals, value = pair.partition("=")
    if not equals or not name.strip():
        raise OptionError(f"{text}: '{pair}' is not name=value, as in adam:lr=0.01:beta1=0.8.")
    try:
        return name.strip(), float(value)
    except ValueError:
        return name.strip(), schedules.parse(" * ".join(value.split("*")))


def _labels(found: Sequence[tuple[str, Rule]]) -> list[str]:
    """Short names, with what tells two of the same name apart: the file, or the hyperparameters."""
    names = [source.rpartition(":")[2] for source, _ in found]
    clashes = {n for n in names if len({s for s, _ in found if s.rpartition(":")[2] == n}) > 1}
    labels = []
    for name, (source, rule) in zip(names, found, strict=True):
        values = [other.values for other_source, other in found if other_source == source]
        differing = [key for key in rule.values if any(v[key] != values[0][key] for v in values)]
        label = source if name in clashes else name
        labels.append(" ".join([label, *(f"{k}={_short(rule.values[k])}" for k in differing)]))
    return labels


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    text = str(value).replace(" ", "")
    return re.sub(r"\d+\.\d+", lambda number: f"{float(number[0]):g}", text)
