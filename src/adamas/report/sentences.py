"""The single sentences of a page's paragraph; each is empty where there is nothing to say."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import numpy as np

from adamas.report.numerals import capital, counted, duration, listed, many, percent, plain
from adamas.report.results import Results, Run

CLOSE = 0.005  # accuracies that differ by at most half a percentage point are called close
TAIL = 10  # the last epochs, in which the order of rules may still change
NAMED = 4  # up to so many rules each gets its own number in a sentence


def trained(run: Run) -> bool:
    """Whether a run has an epoch of training to speak of and did not diverge."""
    return run.status != "diverged" and run.last_epoch >= 1


def metric(results: Results) -> str:
    """What the page compares: accuracy on the test set, else on the training set, else the loss."""
    for name in ("test_accuracy", "accuracy"):
        if any(name in run.final for run in results.runs):
            return name
    return "loss"


def close(results: Results, runs: list[Run]) -> bool:
    """Whether the accuracies of `runs` are so near one another that they make no order."""
    lowest, highest = extent(results, runs)
    return metric(results) != "loss" and highest - lowest <= CLOSE


def value(results: Results, number: float, name: str = "") -> str:
    """A value of the compared metric as it is written."""
    return plain(number, 2) if (name or metric(results)).endswith("loss") else percent(number)


def failures(results: Results) -> str:
    said = []
    for run in results.runs:
        if run.status == "diverged":
            said.append(
                f"training with {run.label} diverged: after step {run.steps:,} the loss was no "
                "longer a finite number."
            )
    stopped = [run for run in results.runs if run.status == "interrupted"]
    if stopped:
        short = [
            f"{run.label} had finished {_epochs(run.last_epoch, results.epochs)}" for run in stopped
        ]
        said.append(f"the comparison was interrupted: {listed(short)}.")
        if len({run.last_epoch for run in results.runs}) > 1:
            said.append("What follows therefore compares unequal amounts of training.")
    return " ".join(capital(sentence) if i else sentence for i, sentence in enumerate(said))


def _epochs(number: int, total: int) -> str:
    return f"{number} of {counted(total, 'epoch')}" if number else "no epoch"


def ends(results: Results, done: list[Run]) -> str:
    if not done:
        return ""
    name = metric(results)
    words = name.replace("_", " ") + (" on the training set" if name == "accuracy" else "")
    if len(results.runs) == 1:
        return f"at the end, {words} is {value(results, done[0].final[name])}."
    if len(done) <= NAMED:
        shown = _grouped(done, lambda run: value(results, run.final.get(name, math.nan)), "for")
        return f"at the end, {words} is {shown}."
    ends = sorted(done, key=lambda run: run.final.get(name, math.nan))
    low, high = ends[0], ends[-1]
    return (
        f"at the end, {words} lies between {value(results, low.final[name])} ({low.label}) and "
        f"{value(results, high.final[name])} ({high.label})."
    )


def losses(results: Results, done: list[Run]) -> str:
    done = [run for run in done if "loss" in run.final]
    if metric(results) == "loss" or not done:
        return ""
    low, *_, high = sorted([*done, *done], key=lambda run: run.final["loss"])
    which = "final losses on the training set" if results.tested else "final losses"
    if len(done) == 1:
        return f"the {which.replace('losses', 'loss')} is {plain(low.final['loss'], 2)}."
    first, last = plain(low.final["loss"], 2), plain(high.final["loss"], 2)
    if first == last:
        return f"the {which} agree to two digits, at {first}."
    said = f"the {which} lie between {first} ({low.label}) and {last} ({high.label})"
    tail = min(TAIL, min(run.last_epoch for run in done) // 2)
    if tail < 2:
        return said + "."
    a, b = (run.epochs["loss"][1 : low.last_epoch + 1][-tail:] for run in (low, high))
    if len(a) != len(b) or bool(np.all(a <= b)):
        return said + "."
    return (
        f"{said}, but over the last {counted(tail)} epochs these two changed places, so their "
        "order depends on where one stops."
    )


def target(results: Results, done: list[Run]) -> str:
    name, goal = results.target
    words = f"{value(results, goal, name)} {name.replace('_', ' ')}"
    if name.endswith("loss"):
        words = f"a {name.replace('_', ' ')} of {value(results, goal, name)}"
    if results.repeated:
        words = f"in the median seed, {words}"
    there = sorted((run for run in done if run.reached), key=lambda run: run.reached["epoch"])  # type: ignore[index]
    missed = [run.label for run in done if not run.reached]
    if not done:
        return ""
    if not there:
        subject = "it did not reach" if len(results.runs) == 1 else "no rule reached"
        return f"{subject} the target of {words.removeprefix('in the median seed, ')}."
    if len(results.runs) == 1:
        reached = there[0].reached or {}
        epoch, steps = int(reached["epoch"]), int(reached["steps"])
        return f"{words} was first reached in epoch {epoch}, after {steps:,} {many(steps, 'step')}."

    def epochs(run: Run) -> str:
        return str(int((run.reached or {})["epoch"]))

    if len({epochs(run) for run in there}) == 1:
        together = not missed and len(there) > 1
        who = everyone(len(there), "rule") if together else listed([r.label for r in there])
        said = f"{words} was first reached in epoch {epochs(there[0])} by {who}"
    elif len(there) <= NAMED:
        said = f"{words} was first reached in epoch {_grouped(there, epochs, 'by')}"
    else:
        first, last = there[0], there[-1]
        said = (
            f"{words} was first reached between epoch {epochs(first)} ({first.label}) and epoch "
            f"{epochs(last)} ({last.label})"
        )
    if not missed:
        return said + "."
    others = listed(missed) if len(missed) <= NAMED else counted(len(missed))
    return f"{said}; {others} did not reach it."


def updates(done: list[Run]) -> str:
    """How many times larger the largest mean update is than the smallest, first and last."""
    if len(done) < 2 or any("mean_update" not in run.epochs for run in done):
        return ""
    said = []
    for when, epoch in (("first", 1), ("last", -1)):
        sizes = {}
        for run in done:
            sizes[run.label] = run.epochs["mean_update"][: run.last_epoch + 1][epoch]
        low, high = min(sizes, key=sizes.__getitem__), max(sizes, key=sizes.__getitem__)
        if not (sizes[low] > 0 and math.isfinite(sizes[high])):
            return ""
        times = sizes[high] / sizes[low]
        ratio = f"{times:,.0f}" if times >= 10 else f"{times:.1f}".removesuffix(".0")
        ratio = plain(times, 2) if times >= 1e5 else ratio
        said.append((when, ratio, low, high, times))
    (_, early, low, high, a), (_, late, low_late, high_late, b) = said
    if max(a, b) < 2:
        return ""
    first = (
        f"in the first epoch the mean update of {high} is {early} times that of {low}, in the last"
    )
    if (low, high) == (low_late, high_late):
        return f"{first} {late} times."
    return f"{first} that of {high_late} is {late} times that of {low_late}."


def setting(results: Results) -> str:
    seeds = results.seeds
    size = f"seed {seeds[0]}"
    if results.repeated:
        size = f"seeds {seeds[0]} {'and' if len(seeds) == 2 else 'to'} {seeds[-1]}"
    if results.batch_size is not None:
        size += f", minibatches of {results.batch_size}"
    length = counted(results.steps_per_epoch, "step")
    if len(results.runs) == 1:
        plan = f"{counted(results.epochs, 'epoch')} of {length}"
        return f"one rule, {results.runs[0].label}, for {plan} ({size})."
    same = (
        "the same weights and saw the same minibatches in the same order"
        if results.batch_size is not None
        else "the same point and saw the whole gradient at every step"
    )
    each = "for each seed, " if results.repeated else ""
    return (
        f"{each}every rule started from {same}: "
        f"{counted(results.epochs, 'epoch')} of {length} ({size})."
    )


def times(done: list[Run]) -> str:
    timed = [run for run in done if run.seconds_per_step]
    if not timed:
        return ""
    fast, *_, slow = sorted([*timed, *timed], key=lambda run: run.seconds_per_step or 0.0)
    low, high = fast.seconds_per_step or 0.0, slow.seconds_per_step or 0.0
    if len(timed) == 1:
        return f"one step of the optimizer took {duration(low)} (median)."
    if high < 1.15 * low:
        return f"one step of the optimizer took about {duration(low)} for each (median)."
    return (
        f"one step of the optimizer took from {duration(low)} ({fast.label}) to {duration(high)} "
        f"({slow.label}), median."
    )


def caution(results: Results, done: list[Run]) -> str:
    if results.mapped and done:
        return "two parameters without noise teach how a rule moves; they do not rank optimizers."
    if len(done) < 2:
        return ""
    if results.repeated:
        return "this is one setting of each rule: it describes these runs, not the rules."
    if close(results, done):
        return (
            "this is one seed and one setting of each rule: differences this small at the end "
            "do not say that one rule is better than another."
        )
    return "this is one seed and one setting of each rule: it describes these runs, not the rules."


def extent(results: Results, runs: list[Run]) -> tuple[float, float]:
    ends = [run.final.get(metric(results), math.nan) for run in runs]
    return min(ends), max(ends)


def everyone(number: int, noun: str) -> str:
    return f"both {noun}s" if number == 2 else f"all {counted(number)} {noun}s"


def _grouped(runs: Iterable[Run], describe: Callable[[Run], str], word: str) -> str:
    """Equal descriptions once: "13 for rmsprop, 26 for adam and momentum"."""
    groups: dict[str, list[str]] = {}
    for run in runs:
        groups.setdefault(describe(run), []).append(run.label)
    parts = [f"{said} {word} {listed(labels)}" for said, labels in groups.items()]
    if any(" and " in part for part in parts[:-1]):  # a plain "and" would be ambiguous
        return f"{', '.join(parts[:-1])}, and {parts[-1]}"
    return listed(parts)
