"""The headline and the paragraph of a page, made from its numbers and claiming nothing more."""

from __future__ import annotations

import math

from adamas.report import sentences, spread
from adamas.report.canvas import Plate
from adamas.report.numerals import capital, counted, percent
from adamas.report.results import Results, Run
from adamas.report.sentences import close, everyone, extent, metric, trained, value


def headline(results: Results) -> str:
    """The page's title: where the rules ended, in one line."""
    runs = results.runs
    done = [run for run in runs if trained(run)]
    if results.repeated and done:
        return spread.headline(results, done, where(results, done))
    diverged = [run for run in runs if run.status == "diverged"]
    if not done:
        if not diverged:
            return "Stopped before the first epoch was over"
        if len(diverged) < len(runs):
            return "No rule finished an epoch"
        who = diverged[0].label if len(runs) == 1 else capital(everyone(len(runs), "rule"))
        return f"{who} diverged"
    early = ""
    if any(run.status == "interrupted" for run in runs):
        last = max(run.last_epoch for run in done)
        after = f" after {last} of {results.epochs} epochs" if last < results.epochs else ""
        early = f"Interrupted{after}: "
    if diverged:
        others = "the other" if len(done) == 1 else f"the other {counted(len(done))}"
        failed = f"{counted(len(diverged))} of {counted(len(runs))} rules diverged"
        return early + _start(f"{failed}, {others} {where(results, done)}", early)
    if len(done) == 1:
        return early + f"{done[0].label} {where(results, done)}"
    if close(results, done):
        said = f"{everyone(len(done), 'rule')} {where(results, done)}{_spread(results, done)}"
        return early + _start(said, early)
    return early + _start(f"{counted(len(done))} rules {where(results, done)}", early)


def paragraph(results: Results) -> str:
    """What differs and what does not, in a few sentences under the headline."""
    done = [run for run in results.runs if trained(run)]
    said = [
        spread.failures(results) if results.repeated else sentences.failures(results),
        spread.ends(results, done) if results.repeated else sentences.ends(results, done),
        "" if results.repeated else sentences.losses(results, done),
        spread.order(results, done) if results.repeated else "",
        sentences.target(results, done),
        sentences.updates(done),
        sentences.caution(results, done),
    ]
    return " ".join(capital(sentence) for sentence in said if sentence)


def conditions(results: Results) -> str:
    """How the comparison was made and what a step took: the small print."""
    done = [run for run in results.runs if trained(run)]
    return " ".join(capital(s) for s in (sentences.setting(results), sentences.times(done)) if s)


def where(results: Results, runs: list[Run]) -> str:
    """Where these runs end, as a predicate: "end above 99.8 % accuracy"."""
    name = metric(results).replace("_", " ")
    lowest, highest = extent(results, runs)
    verb = "ends" if len(runs) == 1 else "end"
    low, high = value(results, lowest), value(results, highest)
    if low == high:
        return f"{verb} at {low} {name}" if name != "loss" else f"{verb} at a loss of {low}"
    if close(results, runs) and lowest > 0.9:
        below = math.floor(1000 * lowest - 1e-9) / 1000  # a round number that all are above
        return f"{verb} above {percent(below)} {name}"
    return (
        f"{verb} between {low} and {high} {name}"
        if name != "loss"
        else (f"{verb} between a loss of {low} and {high}")
    )


def _spread(results: Results, runs: list[Run]) -> str:
    """When they got there, where that differs: "; they first reach 99 % between epochs ..."."""
    name, goal = results.target
    epochs = [int(run.reached["epoch"]) for run in runs if run.reached]
    if name != metric(results) or len(epochs) < len(runs) or min(epochs) == max(epochs):
        return ""
    first = f"; they first reach {value(results, goal, name)}"
    if len(runs) == 2:
        return f"{first} in epochs {min(epochs)} and {max(epochs)}"
    return f"{first} between epochs {min(epochs)} and {max(epochs)}"


def _start(text: str, before: str) -> str:
    return text if before else capital(text)


def walks(results: Results) -> str:
    """Explanation of the pictures of paths."""
    who = "the rule" if len(results.runs) == 1 else "every rule"
    others = " Paler lines are the other seeds." if results.repeated else ""
    return (
        f"Each dot is a step of {who}, from the ring at the start; dots fade as the steps go on. "
        "Contour lines are spaced by the logarithm of the loss: each stands for ten times "
        f"less than the one around it, and the cross marks the lowest point.{others}"
    )


def picture(results: Results, plate: Plate) -> tuple[str, str]:
    """Heading and explanation of the pictures of what was learned."""
    heading, said = _picture(plate)
    which = " These are the models of one seed each." if results.repeated else ""
    return heading, said + which


def _picture(plate: Plate) -> tuple[str, str]:
    if plate.name == "misread":
        return (
            "What they misread",
            f"{plate.title.partition(': ')[2]} by at least one rule, hardest first. Under each "
            "image what every rule reads in it; errors are bold.",
        )
    return (
        "What they learned" if len(plate.panels) > 1 else "What it learned",
        "The colour of the ground is the predicted probability of either class, the line is where "
        "it is one half, the dots are the training points; rings mark points on the wrong side, "
        "where they are few.",
    )
