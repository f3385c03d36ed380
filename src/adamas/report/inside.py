"""The inside of rules at one coordinate, drawn from names and values of quantities alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from adamas.graph.text.glossary import unicode_name
from adamas.report.axes import linear_limits, log_ticks, thin
from adamas.report.canvas import Panel, Plate
from adamas.report.palette import FAINT, INK, SIZE, Look
from adamas.report.results import Array, Results, Run

PANEL_SIZE, PANEL_MARGINS = (440.0, 250.0), (56.0, 14.0, 10.0, 38.0)
_WORDS = {
    "p": "the parameter",
    "g": "the gradient",
    "rate": "effective learning rate",
    "update": "change of the parameter in one step",
}
Trace = tuple[Array, Array]


def symbol(name: str) -> str:
    """A quantity's name as the printed mathematics has it: m_hat is m̂, p is θ."""
    return unicode_name(name)


def plate(results: Results, run: Run, look: Look, name: str) -> Plate | None:
    """Every named quantity of one rule; raw and corrected ones share axes."""
    panels = []
    for names in groups(run.trace):
        panels.append(
            Panel(
                key=f"{name}-{names[0]}",
                title=" and ".join(symbol(n) for n in names),
                note=_note(run.trace, names),
                alt=f"{run.label}: {', '.join(names)} at {results.watch} over steps",
                draw=_quantities(run, names, look),
                size=PANEL_SIZE,
                margins=PANEL_MARGINS,
            )
        )
    if not panels:
        return None
    title = f"Inside {run.label}, at {results.watch}"
    return Plate(name, title, tuple(panels), columns=3, legend=((run.label, look),))


def groups(trace: Mapping[str, Trace]) -> list[tuple[str, ...]]:
    """The quantities that share axes: pairs x and x_hat first, the rest, rate, update, p."""
    named = {n: values for n, (_, values) in trace.items() if np.isfinite(values).any()}
    left = [n for n in named if n not in ("g", "p", "rate", "update") and not _constant(named[n])]
    found: list[tuple[str, ...]] = []
    for n in list(left):
        if f"{n}_hat" in left:
            found.append((f"{n}_hat", n))
            left.remove(n)
            left.remove(f"{n}_hat")
    alike = [n for n in left if "p" in named and _is_like(named[n], named["p"])]
    found.extend((n,) for n in left if n not in alike)
    if "rate" in named:
        found.append(("rate",))
    if "update" in named:
        found.append(("update",))
    if "p" in named:
        found.append(("p", *alike))
    if "g" in named and not any(_ghost(trace, names) == "g" for names in found):
        found.insert(0, ("g",))
    return found


def constants(trace: Mapping[str, Trace]) -> dict[str, float]:
    """Quantities that never change: a sentence says more about them than a picture."""
    drawn = {name for names in groups(trace) for name in names} | {"g"}
    return {n: float(v[0]) for n, (_, v) in trace.items() if n not in drawn and len(v)}


def _constant(values: Array) -> bool:
    return len(values) > 1 and bool(np.all(values == values[0]))


def _signed(values: Array) -> bool:
    return bool(np.nanmin(values) < 0 < np.nanmax(values))


def _is_like(values: Array, parameter: Array) -> bool:
    """Whether a quantity is another version of the parameter: it starts there and stays near."""
    both = np.isfinite(values) & np.isfinite(parameter)
    x, p = values[both], parameter[both]
    if not len(p):
        return False
    near = np.max(np.abs(x - p)) <= 0.5 * np.max(np.abs(p))
    return bool(near and abs(x[0] - p[0]) <= 0.05 * abs(p[0]))


def _positive(columns: Sequence[Array]) -> bool:
    """Whether a log scale serves: nothing negative, hardly a zero, and more than a factor of 20."""
    values = np.concatenate(columns)
    values = values[np.isfinite(values)]
    above = values[values > 0]
    if not len(above) or values.min() < 0 or len(above) < 0.5 * len(values):
        return False
    return bool(above.max() / above.min() > 20)


def _ghost(trace: Mapping[str, Trace], names: Sequence[str]) -> str | None:
    """What stands behind a panel in grey: g behind what has both signs, g² behind its averages.

    An average of squares is recognised by its numbers: never negative, never above the largest
    square so far.
    """
    if "g" not in trace or {"g", "p", "rate", "update"} & set(names):
        return None
    values, g = trace[names[0]][1], trace["g"][1]
    if not np.isfinite(g).any() or len(g) != len(values):
        return None
    if _signed(values):
        top, reach = np.nanmax(np.abs(values)), np.nanmax(np.abs(g))
        return "g" if 0.02 < top / max(reach, 1e-300) < 50 else None
    squares = np.fmax.accumulate(g**2)
    with np.errstate(invalid="ignore"):
        return "g²" if np.nanmin(values) >= 0 and np.all(values <= squares * 1.001) else None


def _note(trace: Mapping[str, Trace], names: Sequence[str]) -> str:
    said = [_WORDS[names[0]]] if names[0] in _WORDS else []
    if _ghost(trace, names):
        said.append(f"grey: {_ghost(trace, names)}")
    if _positive([trace[n][1] for n in names]):
        said.append("log scale")
    return ", ".join(said)


def _quantities(run: Run, names: Sequence[str], look: Look) -> Callable[[Any], None]:
    trace = run.trace
    others = [
        (one.trace[names[0]], look)
        for one in run.repeats
        if one.seed != run.seed and names[0] in one.trace
    ]

    def draw(axes: Any) -> None:
        first = look.line(linestyle="-", linewidth=1.4)
        pale = look.line(linestyle=(0, (3, 1.6)), linewidth=1.2, alpha=0.8)
        lines = {n: (trace[n], first if i == 0 else pale) for i, n in enumerate(names)}
        ghost = _ghost(trace, names)
        if ghost:
            steps, g = trace["g"]
            behind = thin(steps, g if ghost == "g" else g**2)
            axes.plot(*behind, color=FAINT, linewidth=0.9, zorder=1.2)
        line_plot(lines, others, labelled=len(names) > 1)(axes)

    return draw


def line_plot(
    lines: Mapping[str, tuple[Trace, dict[str, Any]]],
    others: Sequence[tuple[Trace, Look]] = (),
    labelled: bool = False,
) -> Callable[[Any], None]:
    """Lines over a log axis of steps, where the first steps have as much room as the last.

    `others` are the same quantity with other seeds: paler, behind.
    """

    def draw(axes: Any) -> None:
        columns = [values for (_, values), _ in lines.values()]
        columns += [values for (_, values), _ in others]
        last = max(int(steps[-1]) for (steps, _), _ in lines.values())
        log_ticks(axes, [np.array([1.0, max(last, 2)])], axis="x")
        axes.set_xlim(0.93, max(last, 2) * 1.04)
        if _positive(columns):
            log_ticks(axes, columns)
        else:
            linear_limits(axes, columns)
        for (steps, values), look in others:
            pale = look.line(linewidth=0.8, alpha=0.3)
            axes.plot(*thin(steps, values, bins=160), **pale, zorder=1.6)
        for (steps, values), how in lines.values():
            axes.plot(*thin(steps, values), **how, marker="o" if len(steps) == 1 else "")
        if labelled:
            _label(axes, lines)
        axes.set_xlabel("step (log scale)")
        axes.grid(False, axis="x")

    return draw


def _label(axes: Any, lines: Mapping[str, tuple[Trace, dict[str, Any]]]) -> None:
    """Each line's symbol before its first value, moved apart where two lines start together."""
    starts = {n: values[np.isfinite(values)][:1] for n, ((_, values), _) in lines.items()}
    ordered = sorted((float(v[0]), n) for n, v in starts.items() if len(v))
    axes.set_xlim(left=0.62)
    lowest = -np.inf
    for value, name in ordered:
        place = float(axes.transData.transform((1, value))[1]) * 72 / axes.figure.dpi
        lowest = max(place, lowest + SIZE + 4)
        axes.annotate(
            symbol(name), (1, value), (-5, lowest - place), textcoords="offset points",
            va="center", ha="right", color=INK, size=SIZE + 1,
        )  # fmt: skip
