"""Pictures of what models answer: decision regions over a plane, or images that rules misread."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from adamas.report.answers import Reading, misread, parameters
from adamas.report.canvas import Panel, Plate
from adamas.report.palette import (
    CLASS_POINTS,
    DIFFERENCE,
    GRID,
    INK,
    MUTED,
    PAPER,
    SIZE,
    TILE,
    Look,
    class_map,
    ramp,
)
from adamas.report.results import Array, Results, Run

_SQUARE, _EDGE = (300.0, 300.0), (0.0, 0.0, 0.0, 0.0)
MOST_IMAGES = 18
MOST_RINGS = 60  # more would hide the picture, and the file would grow by a megabyte


def plate(results: Results, looks: Mapping[str, Look], problem: Any) -> Plate | None:
    """Regions where the inputs are a plane, misread images where they are images, else None."""
    if problem is None:
        return None
    return _regions(results, looks, problem) or _images(results, looks, misread(results, problem))


def _regions(results: Results, looks: Mapping[str, Look], problem: Any) -> Plate | None:
    panels: list[Panel] = []
    seen: list[Any] = []
    for run in results.runs:
        tree = parameters(run, problem.initial(results.seed))
        regions = None if tree is None else problem.regions(tree)
        if regions is None:
            continue
        wrong = _wrong(problem, tree, regions)
        many = "" if wrong is None else f"{_count(wrong)} of {len(wrong):,} points wrong"
        many += _elsewhere(run, problem, regions) if wrong is not None and run.repeats else ""
        panels.append(
            Panel(
                key=f"regions-{len(panels)}",
                title=run.label,
                note=many,
                alt=f"Decision regions of {run.label}: {many or 'probability over the plane'}",
                draw=_region(regions, wrong),
                size=_SQUARE,
                margins=_EDGE,
                look=looks[run.label],
            )
        )
        seen.append(regions)
    if not panels:
        return None
    if len(seen) > 1:
        stack = np.stack([regions.probability for regions in seen])
        spread = stack.max(axis=0) - stack.min(axis=0)
        apart = f"{100 * np.mean((stack > 0.5).any(0) & (stack <= 0.5).any(0)):.0f} % of the square"
        panels.append(
            Panel(
                key="regions-difference",
                title="Where they differ",
                note=f"on {apart}",
                alt=f"Largest difference in probability of two rules: different answers on {apart}",
                draw=_difference(seen[0], spread),
                size=_SQUARE,
                margins=_EDGE,
            )
        )
    return Plate(
        name="regions",
        title=f"{results.title}: decision regions after training",
        panels=tuple(panels),
        columns=min(len(panels), 4),
    )


def _elsewhere(run: Run, problem: Any, regions: Any) -> str:
    """How many points the other seeds of a rule get wrong: "; 3 to 9 over its seeds"."""
    counts = []
    for one in run.each:
        tree = parameters(one, problem.initial(one.seed))
        wrong = None if tree is None else _wrong(problem, tree, regions)
        counts += [] if wrong is None else [int(wrong.sum())]
    return f" (seed {run.seed}; {min(counts):,} to {max(counts):,} over {len(counts)} seeds)"


def _wrong(problem: Any, tree: Any, regions: Any) -> Array | None:
    if not hasattr(problem, "probabilities"):
        return None
    answer: Array = problem.probabilities(tree, regions.points)[:, 1] > 0.5
    return answer != (regions.labels > 0.5)


def _count(wrong: Array) -> str:
    return f"{int(wrong.sum()):,}" if wrong.any() else "none"


def _plane(axes: Any, regions: Any, values: Array, colours: Any) -> None:
    axes.set_rasterization_zorder(2)
    extent = (regions.x[0], regions.x[-1], regions.y[0], regions.y[-1])
    axes.imshow(
        values, extent=extent, origin="lower", cmap=colours, vmin=0, vmax=1,
        interpolation="bilinear", aspect="auto", zorder=1,
    )  # fmt: skip
    axes.set(xlim=extent[:2], ylim=extent[2:], xticks=[], yticks=[])
    axes.grid(False)
    axes.spines[:].set_visible(False)


def _region(regions: Any, wrong: Array | None) -> Callable[[Any], None]:
    def draw(axes: Any) -> None:
        _plane(axes, regions, regions.probability, class_map())
        colours = np.array(CLASS_POINTS)[(regions.labels > 0.5).astype(int)]
        # Shuffled, so that no class lies on top of the other.
        order = np.random.default_rng(0).permutation(len(regions.points))
        axes.scatter(*regions.points[order].T, s=3.4, c=colours[order], linewidths=0, zorder=1.5)
        if regions.probability.min() < 0.5 < regions.probability.max():
            grid = (regions.x, regions.y, regions.probability)
            axes.contour(*grid, levels=[0.5], colors=[INK], linewidths=1.3, zorder=2.5)
        if wrong is not None and 0 < wrong.sum() <= MOST_RINGS:
            rings = {"s": 64, "facecolors": "none", "zorder": 3}
            axes.scatter(*regions.points[wrong].T, edgecolors=PAPER, linewidths=3.2, **rings)
            axes.scatter(*regions.points[wrong].T, edgecolors=INK, linewidths=1.4, **rings)

    return draw


def _difference(regions: Any, spread: Array) -> Callable[[Any], None]:
    def draw(axes: Any) -> None:
        _plane(axes, regions, spread, ramp(PAPER, DIFFERENCE))
        axes.scatter(*regions.points.T, s=1.2, c=DIFFERENCE, alpha=0.35, linewidths=0, zorder=1.5)
        axes.spines[:].set(visible=True, color=GRID)

    return draw


def _images(results: Results, looks: Mapping[str, Look], reading: Reading | None) -> Plate | None:
    if reading is None or not len(reading.labels):
        return None
    shown = min(MOST_IMAGES, len(reading.labels))
    lines = -(-len(reading.runs) // 4)
    panels = tuple(
        Panel(
            key=f"image-{i}",
            title=f"is {reading.labels[i]}",
            note="",
            alt=f"An image of a {reading.labels[i]}; "
            + ", ".join(f"{r.label} reads {p}" for r, p in _answers(reading, i)),
            draw=_image(reading, i, looks),
            size=(200.0, 204.0 + 24 * lines),
            margins=(8.0, 8.0, 8.0, 12.0 + 24 * lines),
        )
        for i in range(shown)
    )
    return Plate(
        name="misread",
        title=f"{results.title}: {len(reading.labels):,} of {reading.examined:,} "
        f"{reading.where} images are misread",
        panels=panels,
        columns=6,
        legend=tuple((run.label, looks[run.label]) for run in reading.runs),
    )


def _answers(reading: Reading, i: int) -> list[tuple[Any, int]]:
    return list(zip(reading.runs, reading.predicted[i].tolist(), strict=True))


def _image(reading: Reading, i: int, looks: Mapping[str, Look]) -> Callable[[Any], None]:
    def draw(axes: Any) -> None:
        rows, columns = reading.images[i].shape
        axes.imshow(
            reading.images[i], cmap=ramp(TILE, INK), vmin=0, interpolation="nearest", zorder=1
        )
        axes.set(xlim=(-0.5, columns - 0.5), ylim=(rows - 0.5, -0.5), xticks=[], yticks=[])
        axes.grid(False)
        axes.spines[:].set_visible(False)
        for k, (run, answer) in enumerate(_answers(reading, i)):
            line, column = divmod(k, 4)
            at = (6 + 47 * column, -16 - 24 * line)  # in points from the lower left corner
            how: dict[str, Any] = {
                "xycoords": "axes fraction",
                "textcoords": "offset points",
                "va": "center",
            }
            right = answer == reading.labels[i]
            axes.annotate("●", (0, 0), at, color=looks[run.label].colour, size=SIZE, **how)
            axes.annotate(
                str(answer), (0, 0), (at[0] + 15, at[1]), size=SIZE + 2,
                color=MUTED if right else INK, weight="normal" if right else "bold", **how,
            )  # fmt: skip

    return draw
