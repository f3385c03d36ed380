"""The paths of two parameters over the contour lines of their loss: steps come in, maps go out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from adamas.report.canvas import Panel, Plate
from adamas.report.numerals import counted, plain
from adamas.report.palette import DEEP, FAR, INK, PAPER, SIZE, Look, ramp
from adamas.report.results import Array, Results, Run

_SIZE, _MARGINS = (470.0, 430.0), (36.0, 8.0, 8.0, 26.0)
GRID_POINTS = 320
DECADES = 5  # as many powers of ten as a map can tell apart
Window = tuple[float, float, float, float]


def plate(results: Results, looks: Mapping[str, Look], problem: Any) -> Plate | None:
    """All paths on one map, the surroundings of the lowest point, and each rule's own map."""
    landscape = problem.landscape() if problem is not None else None
    walked = [run for run in results.runs if run.path is not None and len(run.path) > 1]
    if landscape is None or not walked:
        return None
    whole = _whole(landscape, walked)
    near = _near(landscape, walked, whole)
    panels = []

    def add(key: str, title: str, note: str, runs: Sequence[Run], window: Window) -> None:
        panels.append(
            Panel(
                key=f"path-{key}",
                title=title,
                note=note,
                alt=f"{title}: " + "; ".join(_told(run, landscape) for run in runs),
                draw=_map(landscape, window, runs, looks),
                size=_SIZE,
                margins=_MARGINS,
                look=looks[runs[0].label] if key.isdigit() else None,
            )
        )

    if len(walked) > 1:
        add("all", "All rules", "on one map", walked, whole)
        add("near", "Near the lowest point", _times(whole, near), walked, near)
    for number, run in enumerate(walked):
        add(str(number), run.label, _outcome(run, landscape), [run], whole)
    if len(walked) == 1:
        add("near", "Near the lowest point", _times(whole, near), walked, near)
    return Plate(
        name="paths",
        title=f"{results.title}: the paths of {counted(len(walked), 'rule')}",
        panels=tuple(panels),
        columns=2 if len(panels) < 5 else 3,
        legend=tuple((run.label, looks[run.label]) for run in walked),
    )


def _map(
    landscape: Any, window: Window, runs: Sequence[Run], looks: Mapping[str, Look]
) -> Callable[[Any], None]:
    def draw(axes: Any) -> None:
        _ground(axes, landscape, window)
        for run in runs:
            for one in run.each:
                if one.path is not None and one.seed != run.seed:
                    line = looks[run.label].line(linewidth=0.8, alpha=0.35)
                    axes.plot(*_drawable(one.path, window).T, **line, zorder=2.2)
                    axes.plot(*one.path[0], color=INK, markersize=3, marker="o", zorder=2.3)
        for run in runs:
            _walk(axes, _drawable(run.path, window), looks[run.label], window)
        x, y = runs[0].path[0]  # type: ignore[index]
        axes.plot(
            x, y, marker="o", markersize=9, markerfacecolor="none", markeredgecolor=INK,
            markeredgewidth=1.6, zorder=4,
        )  # fmt: skip
        axes.plot(
            *landscape.optimum, marker="P", markersize=9, color=INK, markeredgecolor=PAPER,
            markeredgewidth=1.2, zorder=4,
        )  # fmt: skip
        if window[0] < x < window[1] and window[2] < y < window[3]:
            ahead = np.mean([run.path[:12].mean(axis=0) for run in runs if run.path is not None], 0)
            _tag(axes, "start", (x, y), ahead - (x, y))

    return draw


def _ground(axes: Any, landscape: Any, window: Window) -> None:
    """The loss from dark and deep to pale and high, and a contour line for each power of ten."""
    left, right, bottom, top = window
    x, y = np.linspace(left, right, GRID_POINTS), np.linspace(bottom, top, GRID_POINTS)
    loss = landscape.loss(*np.meshgrid(x, y))
    height = np.log10(np.maximum(loss, np.min(loss[loss > 0])))
    high = float(height.max())
    low = max(float(height.min()), high - DECADES)
    axes.set_rasterization_zorder(1.5)
    axes.imshow(
        np.clip(height, low, high), extent=window, origin="lower", aspect="auto",
        cmap=ramp(DEEP, FAR), interpolation="bilinear", zorder=1,
    )  # fmt: skip
    axes.contour(
        x, y, height, levels=np.arange(np.ceil(low), high), colors=[INK], linewidths=0.8,
        alpha=0.35, linestyles="solid", zorder=2,
    )  # fmt: skip
    axes.set(xlim=(left, right), ylim=(bottom, top))
    axes.grid(False)
    axes.spines[:].set_visible(False)
    axes.locator_params(nbins=5)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: plain(value, 3))


def _walk(axes: Any, path: Array, look: Look, window: Window) -> None:
    """A line on a pale edge, and a dot for each step, smaller and paler as the steps go on."""
    axes.plot(*path.T, color=PAPER, linewidth=2.8, alpha=0.55, zorder=2.4)
    axes.plot(*path.T, **look.line(linewidth=1.3, alpha=0.85), zorder=2.5)
    age = np.linspace(0, 1, len(path))
    shown = _spaced(path, window)
    axes.scatter(
        *path[shown].T, s=24 * (1 - age[shown]) ** 2 + 4, color=look.colour,
        alpha=0.95 - 0.7 * age[shown], linewidths=0, zorder=3,
    )  # fmt: skip


def _spaced(path: Array, window: Window) -> list[int]:
    """The steps that get a dot: all, but for those that would lie on the dot before."""
    least = 0.008 * np.array([window[1] - window[0], window[3] - window[2]])
    kept = [0]
    for step in range(1, len(path)):
        if np.any(np.abs(path[step] - path[kept[-1]]) > least):
            kept.append(step)
    return kept


def _tag(axes: Any, text: str, at: tuple[float, float], away_from: Array) -> None:
    """Write beside a point, on the side that `away_from`, a direction, does not lead to."""
    from matplotlib.patheffects import withStroke

    right, up = (away_from < 0).tolist()
    axes.annotate(
        text, at, (9 if right else -9, 9 if up else -9), textcoords="offset points", color=INK,
        size=SIZE, zorder=5, ha="left" if right else "right", va="bottom" if up else "top",
        path_effects=[withStroke(linewidth=3, foreground=PAPER)],
    )  # fmt: skip


def _drawable(path: Array | None, window: Window) -> Array:
    """The path up to where it leaves for good: not beyond a window twice as wide and as high."""
    assert path is not None
    half = np.array([window[1] - window[0], window[3] - window[2]])
    middle = np.array([window[0], window[2]]) + half / 2
    with np.errstate(invalid="ignore", over="ignore"):
        inside = np.all(np.abs(path - middle) <= half, axis=1)
        drawable = np.all(np.abs(path - middle) <= 50 * half, axis=1)
    stop = int(np.flatnonzero(inside)[-1]) + 2 if inside.any() else 1
    if not drawable[:stop].all():  # so far away that the picture's coordinates overflow
        stop = int(np.argmin(drawable))
    return path[:stop]


def _whole(landscape: Any, runs: Sequence[Run]) -> Window:
    """The landscape's own window, widened up to twice for paths that leave it."""
    left, right, bottom, top = landscape.window
    points = np.concatenate([_drawable(one.path, landscape.window) for r in runs for one in r.each])
    wide, tall = (right - left) / 2, (top - bottom) / 2
    (x0, y0), (x1, y1) = points.min(axis=0), points.max(axis=0)
    return (
        max(left - wide, min(left, x0 - 0.05 * wide)),
        min(right + wide, max(right, x1 + 0.05 * wide)),
        max(bottom - tall, min(bottom, y0 - 0.05 * tall)),
        min(top + tall, max(top, y1 + 0.05 * tall)),
    )


def _near(landscape: Any, runs: Sequence[Run], whole: Window) -> Window:
    """A tenth of the map around the lowest point, or more where no path comes so near."""
    centre = np.array(landscape.optimum)
    half = np.array([whole[1] - whole[0], whole[3] - whole[2]]) / 2
    reached = [
        np.min(np.max(np.abs(_drawable(r.path, whole) - centre) / half, axis=1)) for r in runs
    ]
    share = float(np.clip(3 * np.median(reached), 0.1, 0.5))
    (x, y), (wide, tall) = centre, share * half
    return (x - wide, x + wide, y - tall, y + tall)


def _times(whole: Window, near: Window) -> str:
    return f"{plain((whole[1] - whole[0]) / (near[1] - near[0]), 2)} times as large"


def _outcome(run: Run, landscape: Any) -> str:
    if run.status == "diverged":
        return f"diverged after {run.steps:,} steps"
    return f"loss {plain(run.final['loss'], 2)} after {run.steps:,} steps"


def _told(run: Run, landscape: Any) -> str:
    x, y = run.path[-1]  # type: ignore[index]
    return f"{run.label} ends at ({x:.3g}, {y:.3g}), {_outcome(run, landscape)}"
