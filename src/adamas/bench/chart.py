"""The chart: results come in; a picture with a panel of bars for each line-up goes out."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

from adamas.bench.neighbours import DISTURBED
from adamas.bench.words import count, duration, three
from adamas.report.canvas import style
from adamas.report.palette import GRID, INK, MUTED, PAPER, RULES, SIZE

LONGEST = 8.0  # times ours: what takes longer is drawn this long, with a torn end
COLUMNS = 2
BAR, PANEL, HEAD, WIDTH, LABELS = 21.0, 46.0, 88.0, 560.0, 128.0  # in points

# A library has one colour in all panels.
COLOURS = {
    "adamas": RULES[0],
    "limit": "#b9c0cc",
    "numpy": RULES[5],
    "torch": RULES[1],
    "torch-foreach": RULES[1],
    "torch-fused": RULES[1],
    "optax": RULES[2],
    "keras": RULES[3],
}


def draw(results: dict[str, Any], path: Path) -> None:
    """Write the chart as PNG or SVG, by the name's ending."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows = results["rows"]
    columns = min(COLUMNS, len(rows))
    lines = [rows[i : i + columns] for i in range(0, len(rows), columns)]
    heights = [PANEL + BAR * max(len(row["contestants"]) for row in line) for line in lines]
    width = columns * WIDTH + 30
    head = HEAD if columns > 1 else HEAD + 15
    height = head + sum(heights) + 38
    with style():
        figure = Figure(figsize=(width / 72, height / 72))
        FigureCanvasAgg(figure)
        _heading(figure, results, width, height)
        top = head
        for line, tall in zip(lines, heights, strict=True):
            for place, row in enumerate(line):
                bars = BAR * len(row["contestants"])
                x, y = 24 + place * WIDTH, height - top - PANEL - bars + 12
                box = (
                    (x + LABELS) / width,
                    y / height,
                    (WIDTH - LABELS - 110) / width,
                    bars / height,
                )
                axes = figure.add_axes(box)
                _panel(axes, row)
                figure.text(
                    x / width, (y + bars + 20) / height, _title(row), weight="bold", color=INK
                )
                figure.text(
                    x / width, (y + bars + 5) / height, _note(row), size=SIZE - 2, color=MUTED
                )
            top += tall
        path.parent.mkdir(parents=True, exist_ok=True)
        plain: dict[str, Any] = {"Software": None} if path.suffix == ".png" else {"Date": None}
        figure.savefig(path, dpi=144, metadata=plain)


def _heading(figure: Any, results: dict[str, Any], width: float, height: float) -> None:
    machine, threads = results["machine"], results["threads"]
    figure.text(
        24 / width,
        1 - 32 / height,
        "Time of an optimizer's step, in multiples of adamas'",
        size=SIZE + 6,
        weight="bold",
        color=INK,
    )
    below = (
        f"{machine['processor']}, {count(threads, 'thread')}. Medians of turns in one run; thin "
        f"lines span the middle half of the rounds. Shorter is better. The bytes alone: a kernel "
        f"that reads and writes the same memory and computes next to nothing."
    )
    for number, line in enumerate(textwrap.wrap(below, int(width / 6.2))):
        place = 1 - (52 + 15 * number) / height
        figure.text(24 / width, place, line, size=SIZE - 1, color=MUTED)
    versions = results["versions"]
    used = {one["name"].split("-")[0] for row in results["rows"] for one in row["contestants"]}
    libraries = [n for n in ("numpy", "torch", "optax", "keras") if n in used and n in versions]
    foot = ", ".join(f"{name} {versions[name]}" for name in ("adamas", *libraries))
    foot += f".   {results['command']}"
    figure.text(24 / width, 14 / height, foot, size=SIZE - 2, color=MUTED)


def _panel(axes: Any, row: dict[str, Any]) -> None:
    """Bars, the fastest on top; their ends say the ratio and the time."""
    entries = row["contestants"]
    for place, one in enumerate(entries):
        ours = one["name"] == "adamas"
        length = min(one["ratio"], LONGEST)
        colour = COLOURS[one["name"]]
        axes.barh(place, length, height=0.68, color=colour, alpha=1 if ours else 0.85, zorder=2)
        low, high = one["ratio_quartiles"]
        if not ours and high <= LONGEST:
            axes.plot([low, high], [place, place], color=INK, linewidth=1.1, zorder=4)
        if one["ratio"] > LONGEST:
            _tear(axes, place)
        end = max(length, min(high, LONGEST)) + 0.1
        text = axes.text(
            end,
            place,
            f"{three(one['ratio'])}×",
            va="center",
            weight="bold" if ours else "normal",
            color=INK,
            zorder=5,
        )
        axes.annotate(
            "  " + duration(one["seconds"]),
            (1, 0.5),
            xycoords=text,
            va="center",
            color=MUTED,
            size=SIZE - 1.5,
        )
    axes.axvline(1, color=COLOURS["adamas"], linewidth=1.0, zorder=3, alpha=0.7)
    axes.set_yticks(range(len(entries)), [one["title"] for one in entries])
    for label, one in zip(axes.get_yticklabels(), entries, strict=True):
        label.set_color(INK)
        label.set_weight("bold" if one["name"] == "adamas" else "normal")
    axes.set_ylim(len(entries) - 0.45, -0.55)
    axes.set_xlim(0, LONGEST)
    axes.set_xticks(range(0, int(LONGEST) + 1, 2), [""] * (int(LONGEST) // 2 + 1))
    axes.tick_params(length=0)
    axes.grid(axis="y", visible=False)
    axes.grid(axis="x", color=GRID)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _tear(axes: Any, place: int) -> None:
    """A white zigzag through the bar's end: it goes on."""
    steps = 6
    ys = [place - 0.36 + 0.72 * i / steps for i in range(steps + 1)]
    for shift in (0.0, 0.14):
        xs = [LONGEST - 0.42 + shift + (0.07 if i % 2 else -0.07) for i in range(steps + 1)]
        axes.plot(xs, ys, color=PAPER, linewidth=1.6, zorder=3, solid_joinstyle="miter")


def _title(row: dict[str, Any]) -> str:
    return f"{row['title'][0].upper()}{row['title'][1:]}: {row['description']}"


def _note(row: dict[str, Any]) -> str:
    words = [f"{_million(row['parameters'])} parameters", count(row["tensors"], "tensor")]
    if row["gradients"] != "same arrays":
        words.append("new gradient arrays every step")
    if row["other_processes"] and row["other_processes"] > DISTURBED:
        words.append(f"{100 * row['other_processes']:.0f} % busy elsewhere")
    return ", ".join(words)


def _million(number: int) -> str:
    return f"{number / 1e6:.3g} million" if number >= 1e6 else f"{number:,}"
