"""Work: what is to be stepped; names as typed come in, rules with types and surroundings go out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from adamas import rules
from adamas.bench.sizes import Size
from adamas.errors import NotFoundError, OptionError, nearest
from adamas.lab.contestants import contestants
from adamas.language.chain import Rule, as_rule, chain
from adamas.language.schedule import Schedule

DECAY = 0.999  # of the averaged weights in the work "chain"
MAX_NORM = 1.0

# Work beyond a rule on float32 tensors: what it is, for people.
SPECIAL = {
    "chain": "clip by global norm, adamw, averaged weights",
    "denormal": "adam, moments decayed into denormals",
    "bfloat16": "adamw on bfloat16 parameters",
    "float16": "adamw on float16 parameters",
}


@dataclass(frozen=True)
class Work:
    """A rule, and how it is put to work.

    name       as typed: "adamw", "chain", "my_rules.py:my_rule"
    rule       what adamas steps with
    peer       the rule's name in the table of peers
    dtype      of parameters and gradients
    chained    clipped by global norm before, averaged behind
    denormal   the moments are set to denormal numbers, the gradients to zero
    """

    name: str
    rule: Rule
    peer: str
    dtype: str = "float32"
    chained: bool = False
    denormal: bool = False

    @property
    def description(self) -> str:
        """What is done, for people."""
        return SPECIAL.get(self.name, self.name)

    @property
    def values(self) -> Mapping[str, Any]:
        """The hyperparameters of the rule itself, by name."""
        return as_rule(self.rule).rule.values

    @property
    def scheduled(self) -> bool:
        """Whether a hyperparameter follows a schedule, which peers are not asked to do."""
        return any(isinstance(value, Schedule) for value in self.values.values())


@dataclass(frozen=True)
class Row:
    """One line-up: a size, the work, and whether gradients are new arrays at every step."""

    size: Size
    work: Work
    fresh: bool = False


def read_work(text: str) -> tuple[Work, ...]:
    """Read names separated by commas: rules as `adamas compare` takes them, "all", or special work.

    Raises `NotFoundError` for a name that is neither.
    """
    found: list[Work] = []
    plain: list[str] = []
    for name in text.split(","):
        if name.strip() in SPECIAL:
            found.append(special(name.strip()))
        elif name.strip() == "all":
            plain.extend(rules.BOOK)
        else:
            plain.append(name)
    if plain:
        try:
            entered = contestants(",".join(plain))
        except NotFoundError:
            known = [*rules.BOOK, *SPECIAL, "all"]
            bad = [n.split(":")[0].strip() for n in plain]
            bad = [n for n in bad if n not in rules.BOOK and not n.endswith(".py")]
            if not bad or bad[0] in rules.PIECES:
                raise
            raise NotFoundError(f"unknown rule '{bad[0]}'. {nearest(bad[0], known)}") from None
        found = [*(Work(one.label, one.rule, one.source) for one in entered), *found]
    if len({work.name for work in found}) < len(found):
        raise OptionError("a rule is given twice.")
    return tuple(found)


def special(name: str) -> Work:
    """The work of that name in `SPECIAL`."""
    if name == "chain":
        around = (rules.clip_global_norm(MAX_NORM), rules.adamw, rules.average(DECAY))
        return Work(name, chain(*around), "adamw", chained=True)
    if name == "denormal":
        return Work(name, rules.adam, "adam", denormal=True)
    return Work(name, rules.adamw, "adamw", dtype=name)
