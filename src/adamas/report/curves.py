"""Four panels over epochs: loss, accuracy, gradient norm and update size of every rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from adamas.report.axes import log_ticks, mark_end, span
from adamas.report.canvas import Panel, Plate
from adamas.report.palette import MUTED, Look
from adamas.report.results import Array, Results, Run
from adamas.report.seeds import curve_band

DEEPEST = 1e-20  # of the largest loss: what a picture of a problem without noise still shows
TEST = {"linestyle": (0, (3, 1.6)), "linewidth": 1.2, "alpha": 0.75}
SHARES = (
    0.5,
    0.8,
    0.9,
    0.95,
    0.99,
    0.995,
    0.999,
    0.9995,
    0.9999,
)  # candidates for ticks of accuracy


def plate(results: Results, looks: Mapping[str, Look]) -> Plate:
    """The four panels; test curves are dashed where there is a test set."""
    kind = "mean cross-entropy" if any("accuracy" in r.epochs for r in results.runs) else "loss"
    entries = [
        ("loss", "Loss", f"{kind} after each epoch, log scale", _log),
        (
            "accuracy",
            "Accuracy",
            "share classified correctly, stretched near 100 %",
            _share,
        ),
        (
            "grad_norm",
            "Gradient norm",
            "length of the gradient, mean over the epoch, log scale",
            _log,
        ),
        ("mean_update", "Update size", "mean |change| of a parameter in one step, log scale", _log),
    ]
    return Plate(
        name="curves",
        title=f"{results.title}: training over epochs"
        + (" (dashed: on the test set)" if results.tested else ""),
        panels=tuple(
            Panel(
                key=f"curve-{column}",
                title=title,
                note=note,
                alt=f"{title} over epochs: " + _ends(results, column),
                draw=_drawing(results, looks, column, scale),
            )
            for column, title, note, scale in entries
            if any(np.isfinite(run.epochs.get(column, np.nan)).any() for run in results.runs)
        ),
        columns=2,
        legend=tuple(looks.items()),
    )


def _drawing(
    results: Results, looks: Mapping[str, Look], column: str, scale: Callable[..., Any]
) -> Callable[[Any], None]:
    def draw(axes: Any) -> None:
        lines = []
        for run in results.runs:
            for name in (f"test_{column}", column):
                if name in run.epochs:
                    lines.append((run, name, looks[run.label]))
        seen = [
            one.epochs[name] for run, name, _ in lines for one in run.each if name in one.epochs
        ]
        place = scale(axes, seen, results)
        for run, name, look in lines:
            if run.repeats and name == column:
                _around(axes, run, name, look, place)
            how = look.line(**TEST) if name != column else look.line()
            values = place(run.epochs[name])
            axes.plot(run.epochs["epoch"], values, **how)
            if name == column and not (run.repeats and run.status == "diverged"):
                mark_end(axes, run.epochs["epoch"], values, look, run.status)
        last = max(one.epochs["epoch"][-1] for run in results.runs for one in run.each)
        axes.set_xlim(0, max(last, 1) * 1.012)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.set_xlabel("epoch")
        axes.grid(False, axis="x")

    return draw


def _around(axes: Any, run: Run, name: str, look: Look, place: Callable[[Array], Array]) -> None:
    """The band over the seeds, and every seed that diverged, to its end."""
    low, high = (place(edge) for edge in curve_band(run, name))
    axes.fill_between(run.epochs["epoch"], low, high, color=look.colour, alpha=0.16, linewidth=0)
    for one in run.each:
        if one.status == "diverged" and name in one.epochs:
            epochs, values = one.epochs["epoch"], place(one.epochs[name])
            axes.plot(epochs, values, **look.line(linewidth=0.9, alpha=0.8))
            mark_end(axes, epochs, values, look, one.status)


def _log(axes: Any, columns: list[Array], results: Results) -> Callable[[Array], Array]:
    if not results.mapped:
        log_ticks(axes, columns)
        return lambda values: np.where(values > 0, values, np.nan)
    # Without noise a loss may fall to 0: what is below a part in 10²⁰ lies on the bottom line.
    floor = DEEPEST * max(float(np.nanmax(column, initial=0.0)) for column in columns)
    log_ticks(axes, [np.maximum(column, floor) for column in columns])
    return lambda values: np.where(values >= 0, np.maximum(values, floor), np.nan)


def _share(axes: Any, columns: list[Array], results: Results) -> Callable[[Array], Array]:
    """Accuracy by the logarithm of the error, so that 99 and 99.9 % are as far apart as 90 and 99.

    No error at all is drawn half a decade beyond the smallest error that was seen.
    """
    errors = 1 - np.concatenate(columns)
    errors = errors[np.isfinite(errors)]
    smallest = max(float(np.min(errors[errors > 0], initial=0.5)), 1e-6)
    perfect = bool(np.any(errors <= 0))
    floor = smallest / 10**0.5

    def place(values: Array) -> Array:
        return -np.log10(np.maximum(1 - values, floor))

    low, high = place(np.array([1 - float(np.max(errors, initial=0.5)), 1 - smallest]))
    high = place(np.array([1.0]))[0] if perfect else high
    pad = 0.04 * max(high - low, 0.3)
    shown = [s for s in SHARES if low - pad <= place(np.array([s]))[0] and 1 - s > smallest * 0.7]
    ticks = [(float(place(np.array([s]))[0]), f"{100 * s:g} %") for s in _thin(shown, low, high)]
    if perfect:
        ticks.append((float(high), "100 %"))
    axes.set_yticks([at for at, _ in ticks], [label for _, label in ticks])
    axes.set_ylim(low - pad, high + pad)
    metric, value = results.target
    at = float(place(np.array([value]))[0])
    if metric.endswith("accuracy") and low < at < high:
        axes.axhline(at, color=MUTED, linewidth=1, linestyle=(0, (2, 3)), zorder=1.5)
        axes.annotate("target", (0, at), (4, 3), textcoords="offset points", color=MUTED, size=10.5)
    return place


def _thin(shares: list[float], low: float, high: float) -> list[float]:
    """Of the candidate ticks those with room: the round ones (50, 90, 99, 99.9 %) come first."""
    kept: list[float] = []
    for share in sorted(shares, key=lambda s: (s not in (0.5, 0.9, 0.99, 0.999, 0.9999), s)):
        at = -np.log10(1 - share)
        if all(abs(at + np.log10(1 - other)) > 0.055 * (high - low) for other in kept):
            kept.append(share)
    return sorted(kept)


def _ends(results: Results, column: str) -> str:
    def describe(run: Run) -> str:
        first, last = span(run.epochs[column])
        return f"{run.label} from {first:.3g} to {last:.3g}"

    return "; ".join(describe(run) for run in results.runs if column in run.epochs)
