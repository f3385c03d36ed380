"""Watches: from `{"m_hat": "rms", "rate": ("p05", "p95")}` to nodes that engines compute."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adamas.errors import NotFoundError, OptionError, nearest
from adamas.graph.program import Program
from adamas.language.expression import Expression, apply, input_, lift, reduce_
from adamas.scope.histogram import quantile

# What was measured: quantity → statistic → path of the parameter → number.
Readings = dict[str, dict[str, dict[str, float]]]

SIZE = input_("size", "tensor")
_BELOW = re.compile(r"below\s+(\S+)")
_QUANTILE = re.compile(r"p(\d{1,2}(?:\.\d+)?)")


def _root_mean_square(x: Expression, _: Program) -> Expression:
    return apply("sqrt", apply("div", reduce_("sum_of_squares", "tensor", x), SIZE))


STATISTICS: dict[str, Callable[[Expression, Program], Expression]] = {
    "mean": lambda x, _: apply("div", reduce_("sum", "tensor", x), SIZE),
    "rms": _root_mean_square,
    "max": lambda x, _: apply("mul", reduce_("largest", "tensor", apply("abs", x)), 1.0),
    "relative": lambda x, program: apply(
        "div", _root_mean_square(x, program), _root_mean_square(program.outputs["p"], program)
    ),
}


@dataclass(frozen=True, eq=False)
class Watch:
    """What an engine computes beside a step.

    numbers     one number per tensor, by a name of the form `quantity.statistic`
    histograms  element values of which each tensor has a histogram, by the quantity's name
    wanted      (quantity, statistic, share) in the order asked for; a quantile's share, else None
    """

    numbers: Mapping[str, Expression]
    histograms: Mapping[str, Expression]
    wanted: Sequence[tuple[str, str, float | None]]

    def readings(
        self,
        paths: Sequence[str],
        number: Callable[[str], Sequence[float] | Any],
        counts: Callable[[str], Any],
        stepped: Sequence[bool] | Any,
    ) -> Readings:
        """What was measured, for the tensors that stepped, from an engine's numbers and counts."""
        found: Readings = {}
        for quantity, statistic, share in self.wanted:
            if share is None:
                values = number(f"{quantity}.{statistic}")
            else:
                values = [quantile(row, share) for row in counts(quantity)]
            found.setdefault(quantity, {})[statistic] = {
                path: float(value)
                for path, value, took in zip(paths, values, stepped, strict=True)
                if took
            }
        return found


def watch(program: Program, quantities: Mapping[str, str | Sequence[str]]) -> Watch:
    """Prepare to watch a lowered Program.

    `quantities` maps the name of a quantity of the rule to one or several statistics: mean, rms,
    max (of the absolute value), relative (rms over the parameter's rms), "below 1e-8" (the fraction
    whose absolute value is below that), p05 to p95 and every other percentage (quantiles, from a
    histogram: within 10 % of the value), and value (of a quantity that is one number per tensor).

    Raises `NotFoundError` for an unknown quantity, `OptionError` for an unknown statistic.
    """
    numbers: dict[str, Expression] = {}
    histograms: dict[str, Expression] = {}
    wanted: list[tuple[str, str, float | None]] = []
    for quantity, asked in quantities.items():
        if quantity not in program.names:
            raise NotFoundError(
                f"{program.name} has no quantity {quantity!r}. {nearest(quantity, program.names)}"
            )
        node = program.names[quantity]
        for statistic in [asked] if isinstance(asked, str) else asked:
            share = _share(statistic)
            wanted.append((quantity, statistic, share))
            if share is not None and node.element:
                histograms[quantity] = node
            else:
                numbers[f"{quantity}.{statistic}"] = _number(program, quantity, node, statistic)
    return Watch(numbers, histograms, wanted)


def _number(program: Program, quantity: str, node: Expression, statistic: str) -> Expression:
    if not node.element:
        if statistic != "value":
            raise OptionError(
                f"{quantity!r} is one number per tensor; its only statistic is 'value'. "
                f"Got {statistic!r}."
            )
        return apply("mul", node, 1.0) if not node.condition else apply("where", node, 1.0, 0.0)
    below = _BELOW.fullmatch(statistic)
    if below:
        bound = lift(_bound(statistic, below.group(1)))
        hits = apply("where", apply("lt", apply("abs", node), bound), 1.0, 0.0)
        return apply("div", reduce_("sum", "tensor", hits), SIZE)
    if statistic not in STATISTICS:
        known = [*STATISTICS, "below 1e-8", "p05", "p50", "p95"]
        raise OptionError(
            f"there is no statistic {statistic!r} of {quantity!r}. {nearest(statistic, known)}"
        )
    return STATISTICS[statistic](node, program)


def _bound(statistic: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise OptionError(
            f"{statistic!r}: a number stands behind 'below', as in 'below 1e-8'."
        ) from None


def _share(statistic: str) -> float | None:
    """The share below a quantile: p05 → 0.05; None for other statistics."""
    matched = _QUANTILE.fullmatch(statistic)
    return float(matched.group(1)) / 100 if matched else None
