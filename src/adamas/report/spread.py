"""The sentences of a page with several seeds: medians, their spread, and what that allows to say.

Each is empty where there is nothing to say.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from adamas.report.numerals import SPACE, capital, counted, listed, many, percent, plain
from adamas.report.results import Results, Run
from adamas.report.seeds import extremes, failed, final_band
from adamas.report.sentences import NAMED, close, everyone, metric


def band_words(results: Results) -> str:
    """What a band is: "the lowest to the highest seed"."""
    return "the lowest to the highest seed" if extremes(results) else "the middle half of the seeds"


def headline(results: Results, done: list[Run], where: str) -> str:
    """The page's title: where the medians ended, and whether seeds differ as much as rules do."""
    total = sum(len(run.each) for run in results.runs)
    lost = sum(failed(run) for run in results.runs)
    early = "Interrupted: " if any(run.status == "interrupted" for run in results.runs) else ""
    if lost:
        early += f"{counted(lost)} of {counted(total)} runs diverged; "
    seeds = counted(len(results.seeds), "seed")
    if len(done) == 1:
        return capital(f"{early}{done[0].label} {where} (median of {seeds})")
    who = f"{counted(len(done))} rules"
    if len(done) == len(results.runs) and (close(results, done) or level(results, done)):
        who = everyone(len(done), "rule")
    how = (
        f", within the spread of {seeds}"
        if level(results, done) and len(done) > 1
        else f" (medians of {seeds})"
    )
    return capital(f"{early}{who} {where}{how}")


def failures(results: Results) -> str:
    said = []
    for run in results.runs:
        lost = [str(one.seed) for one in run.each if one.status == "diverged"]
        if not lost:
            continue
        counts = ", which leaves it without a median"
        if run.status != "diverged":
            counts = "; its medians count that as worse than any other end"
        said.append(
            f"{counted(len(lost))} of {counted(len(run.each), 'seed')} diverged with {run.label} "
            f"({many(len(lost), 'seed')} {listed(lost)}){counts}."
        )
    short = [one for run in results.runs for one in run.each if one.status == "interrupted"]
    numbers = {len(run.each) for run in results.runs}
    if short or min(numbers) < len(results.seeds):
        said.append(
            f"the comparison was interrupted: of {counted(len(results.seeds), 'seed')} "
            + listed([f"{run.label} has {counted(len(run.each))}" for run in results.runs])
            + (", the last of them unfinished" if short else "")
            + "."
        )
    return " ".join(capital(sentence) if i else sentence for i, sentence in enumerate(said))


def ends(results: Results, done: list[Run]) -> str:
    """The median at the end of every rule, and its band."""
    if not done:
        return ""
    name = metric(results)
    words = name.replace("_", " ") + (" on the training set" if name == "accuracy" else "")
    seeds = counted(len(results.seeds), "seed")
    shown = done
    if len(done) > NAMED:
        ordered = sorted(done, key=lambda run: run.final.get(name, math.nan))
        shown = [ordered[0], ordered[-1]]
    text = _writer(name, shown)
    parts = []
    for run in shown:
        low, high = (text(end) for end in final_band(run, name))
        reach = low if low == high else f"{low.removesuffix(f'{SPACE}%')} to {high}"
        parts.append(f"{text(run.final[name])} for {run.label} ({reach})")
    within = "" if extremes(results) else ", the middle half of them in brackets"
    if len(done) > NAMED:
        return (
            f"over {seeds}{within}, the median {words} at the end lies between "
            f"{parts[0]} and {parts[1]}."
        )
    return f"over {seeds}{within}, the median {words} at the end is {listed(parts)}."


def order(results: Results, done: list[Run]) -> str:
    """Which rules the seeds tell apart, and which they do not."""
    if len(done) < 2 or results.mapped:  # a map of two parameters ranks nobody
        return ""
    best, *others = _ranked(results, done)
    alike = [run for run in others if _overlap(results, best, run)]
    apart = [run for run in others if run not in alike]
    seeds = f"these {counted(len(results.seeds))} seeds"
    if not apart:
        return (
            f"these ranges overlap: the rules differ by no more than one rule does from seed to "
            f"seed, and {seeds} name no best one."
        )
    low = "above" if metric(results) == "loss" else "below"
    rest = (
        listed([run.label for run in apart])
        if len(apart) <= NAMED
        else f"{counted(len(apart))} rules"
    )
    whole = "whole range of" if extremes(results) else "middle half of"
    verb = "lies" if len(apart) == 1 else "lie"
    if alike:
        tied = listed([best.label, *(run.label for run in alike)])
        if len(alike) >= NAMED:
            tied = f"{best.label} and {counted(len(alike))} others"
        said = (
            f"the {'range' if extremes(results) else 'middle half'} of {best.label} overlaps that "
            f"of {listed([run.label for run in alike]) if len(alike) < NAMED else tied}, so "
            f"{seeds} do not say which is better; {rest} {verb} {low} the {whole} {best.label}"
        )
    else:
        said = f"in {seeds}, {rest} {verb} {low} the {whole} {best.label}"
    return said + _luck(results, best, apart) + "."


def level(results: Results, done: list[Run]) -> bool:
    """Whether all rules lie within the band of the best one."""
    best, *others = _ranked(results, done)
    return all(_overlap(results, best, run) for run in others)


def _luck(results: Results, best: Run, apart: list[Run]) -> str:
    """How often two equal rules would be told apart like this, where few seeds make that likely."""
    if not extremes(results) or any(len(run.each) < len(best.each) for run in apart):
        return ""
    chance = math.comb(2 * len(best.each), len(best.each)) // 2  # either may be the better one
    if chance > 100:
        return ""
    often = f"once in {counted(chance)} comparisons"
    return f" (by luck alone, two equal rules come apart like this {often})"


def _ranked(results: Results, done: list[Run]) -> list[Run]:
    name = metric(results)
    sign = 1 if name == "loss" else -1
    return sorted(done, key=lambda run: sign * run.final.get(name, math.inf))


def _overlap(results: Results, one: Run, other: Run) -> bool:
    (low, high), (least, most) = (_reach(run, metric(results)) for run in (one, other))
    return low <= most and least <= high


def _reach(run: Run, name: str) -> tuple[float, float]:
    """The band of a final value; where a seed diverged it reaches infinitely far to the worse."""
    low, high = final_band(run, name)
    if not failed(run):
        return low, high
    return (low, math.inf) if name == "loss" else (-math.inf, high)


def _writer(name: str, runs: list[Run]) -> Callable[[float], str]:
    """How to write values of a metric: with two decimals where one would make a range a point."""
    if name == "loss":
        return lambda number: plain(number, 2)
    widths = [high - low for low, high in (final_band(run, name) for run in runs)]
    if min(widths) >= 0.01:
        return percent
    return lambda number: f"{100 * number:.2f}{SPACE}%"
