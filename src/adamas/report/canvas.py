"""Turns panels (functions that draw on axes) into small SVG for the page and plates for files."""

from __future__ import annotations

import base64
import io
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from adamas.report.palette import INK, MUTED, PAPER, SIZE, STYLE, WIDTH, Look

FONTS = (
    "system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', Helvetica, Arial, sans-serif"
)
_GAP, _EDGE, _HEAD, _TITLE, _LEGEND = 28.0, 24.0, 34.0, 26.0, 26.0


@dataclass(frozen=True)
class Panel:
    """One picture with axes: what it is called, what it shows in words, and how to draw it."""

    key: str  # unique in a page
    title: str
    note: str  # what a reader should know to read it; shown beside the title
    alt: str  # the picture in one sentence, for those who do not see it
    draw: Callable[[Any], None]
    size: tuple[float, float] = (600.0, 330.0)
    margins: tuple[float, float, float, float] = (54.0, 12.0, 10.0, 40.0)  # left right top bottom
    look: Look | None = None  # of the rule that the panel is about, where it is about one


@dataclass(frozen=True)
class Plate:
    """Panels that are read together: one section of the page, and one file in figures/."""

    name: str
    title: str
    panels: tuple[Panel, ...]
    columns: int
    legend: tuple[tuple[str, Look], ...] = ()

    @property
    def rows(self) -> int:
        return math.ceil(len(self.panels) / self.columns)


def style() -> Any:
    """A context to draw in: matplotlib's own defaults, not the user's, with our style on top."""
    from matplotlib import rc_context, rcParamsDefault

    kept = ("backend", "backend_fallback", "interactive", "date.epoch", "toolbar", "timezone")
    defaults: Any = {key: value for key, value in rcParamsDefault.items() if key not in kept}
    defaults.update(STYLE)
    return rc_context(defaults)


def svg(panel: Panel) -> str:
    """The panel alone, without its title, as an `<svg>` element whose ids start with its key."""
    from matplotlib.figure import Figure

    width, height = panel.size
    figure = Figure(figsize=(width / 72, height / 72))
    _axes(figure, panel, 0.0, 0.0, width, height)
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None}, dpi=144)
    return _clean(buffer.getvalue(), panel)


def save(plate: Plate, drawn: Sequence[str], directory: Path) -> None:
    """Write figures/NAME.svg, made of the panels already drawn, and figures/NAME.png."""
    (directory / f"{plate.name}.svg").write_text(_compose(plate, drawn), encoding="utf-8")
    _png(plate, directory / f"{plate.name}.png")


def _axes(figure: Any, panel: Panel, x: float, y: float, width: float, height: float) -> None:
    """Axes for `panel` in a figure of that size, the panel's top left corner being at (x, y)."""
    left, right, top, bottom = panel.margins
    w, h = panel.size
    box = (x + left, height - y - h + bottom, w - left - right, h - top - bottom)
    axes = figure.add_axes(
        (box[0] / width, box[1] / height, box[2] / width, box[3] / height), label=panel.key
    )
    panel.draw(axes)


def _layout(plate: Plate) -> tuple[float, float, list[tuple[float, float]]]:
    """Width and height of a plate, and the top left corner of each panel below its title."""
    width = max(panel.size[0] for panel in plate.panels)
    height = max(panel.size[1] for panel in plate.panels)
    top = _EDGE + _HEAD + (_LEGEND * len(_legend_rows(plate)) if plate.legend else 0)
    corners = []
    for i in range(len(plate.panels)):
        row, column = divmod(i, plate.columns)
        x = _EDGE + column * (width + _GAP)
        corners.append((x, top + row * (height + _TITLE + _GAP / 2) + _TITLE))
    columns = min(plate.columns, len(plate.panels))
    total = 2 * _EDGE + columns * width + (columns - 1) * _GAP
    return total, top + plate.rows * (height + _TITLE + _GAP / 2) + _EDGE / 2, corners


def _legend_rows(plate: Plate) -> list[list[tuple[float, str, Look]]]:
    """The legend broken into rows that fit: x of each entry, its label, its look."""
    columns = min(plate.columns, len(plate.panels))
    room = columns * plate.panels[0].size[0] + (columns - 1) * _GAP
    rows: list[list[tuple[float, str, Look]]] = [[]]
    x = 0.0
    for label, look in plate.legend:
        wide = 34 + 0.62 * SIZE * len(label) + 22
        if x + wide > room and rows[-1]:
            rows.append([])
            x = 0.0
        rows[-1].append((_EDGE + x, label, look))
        x += wide
    return rows


def _png(plate: Plate, path: Path) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    width, height, corners = _layout(plate)
    figure = Figure(figsize=(width / 72, height / 72), dpi=144)
    renderer = FigureCanvasAgg(figure).get_renderer()

    def text(x: float, y: float, string: str, **how: Any) -> float:
        """Write at (x, y) and return where the text ends."""
        written = figure.text(x / width, 1 - y / height, string, va="baseline", **how)
        return float(written.get_window_extent(renderer).x1) / 2

    text(_EDGE, _EDGE + 14, plate.title, size=SIZE + 5, weight="bold", color=INK)
    for j, row in enumerate(_legend_rows(plate)):
        y = _EDGE + _HEAD + j * _LEGEND + 8
        for x, label, look in row:
            ends = ([x / width, (x + 26) / width], [1 - (y - 4) / height] * 2)
            line = Line2D(*ends, transform=figure.transFigure, **look.line(linewidth=2.4))
            figure.add_artist(line)
            text(x + 34, y, label, color=INK)
    for panel, (x, y) in zip(plate.panels, corners, strict=True):
        end = text(x, y - 9, panel.title, weight="bold", color=INK)
        text(end + 8, y - 9, panel.note, size=SIZE - 1, color=MUTED)
        _axes(figure, panel, x, y, width, height)
    # Without Software, so that the bytes do not name a version of matplotlib.
    figure.savefig(path, format="png", dpi=144, metadata={"Software": None})


def _compose(plate: Plate, drawn: Sequence[str]) -> str:
    """The plate as one SVG file: the panels as they stand in the page, set out with titles."""
    width, height, corners = _layout(plate)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" '
        f'font-family="{FONTS}" font-size="{SIZE:g}" fill="{INK}">',
        f'<rect width="100%" height="100%" fill="{PAPER}"/>',
        f'<text x="{_EDGE:g}" y="{_EDGE + 14:g}" font-size="{SIZE + 5:g}" font-weight="600">'
        f"{escape(plate.title)}</text>",
    ]
    for j, row in enumerate(_legend_rows(plate)):
        y = _EDGE + _HEAD + j * _LEGEND + 8
        for x, label, look in row:
            parts.append(f'<g transform="translate({x:g} {y - 10:g})">{swatch(look)}</g>')
            parts.append(f'<text x="{x + 34:g}" y="{y:g}">{escape(label)}</text>')
    for panel, (x, y), inner in zip(plate.panels, corners, drawn, strict=True):
        w, h = panel.size
        parts.append(
            f'<text x="{x:g}" y="{y - 9:g}" font-weight="600">{escape(panel.title)}'
            f'<tspan dx="8" font-size="{SIZE - 1:g}" font-weight="400" fill="{MUTED}">'
            f"{escape(panel.note)}</tspan></text>"
        )
        parts.append(
            inner.replace("<svg ", f'<svg x="{x:g}" y="{y:g}" width="{w:g}" height="{h:g}" ', 1)
        )
    return "\n".join([*parts, "</svg>\n"])


def swatch(look: Look) -> str:
    """A short piece of a rule's line, as the inside of an SVG of 26 by 12."""
    dashes = " ".join(f"{d * WIDTH:g}" for d in look.dashes)
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<path d="M1 6h24" fill="none" stroke-width="3"{dashed} style="stroke: {look.colour}"/>'


def _clean(text: str, panel: Panel) -> str:
    """matplotlib's SVG made small and fit to stand beside others in one document."""
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", text, flags=re.S)
    # Its style sheet says `*`, which in a page would be every element of the page.
    text = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", text, flags=re.S)
    text = re.sub(
        r"<svg [^>]*>",
        f'<svg xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 {panel.size[0]:g} '
        f'{panel.size[1]:g}" role="img" aria-label="{escape(panel.alt)}" '
        'style="stroke-linejoin: round; stroke-linecap: butt">',
        text,
        count=1,
    )
    # Hundredths of a point are enough for coordinates; text between the tags is left alone.
    text = re.sub(r"<[^>]+>", lambda tag: re.sub(r"-?\d+\.\d{3,}", _shorter, tag[0]), text)
    text = re.sub(r"(font(?:-family)?: [^;\"]*?)'DejaVu Sans'[^;\"]*", rf"\1{FONTS}", text)
    used = set(re.findall(r"url\(#([^)]+)\)|href=\"#([^\"]+)\"", text))
    names = {name for pair in used for name in pair if name}
    text = re.sub(
        r' id="([^"]+)"',
        lambda found: f' id="{panel.key}-{found[1]}"' if found[1] in names else "",
        text,
    )
    text = re.sub(r"url\(#([^)]+)\)", rf"url(#{panel.key}-\1)", text)
    text = re.sub(r'href="#([^"]+)"', rf'href="#{panel.key}-\1"', text)
    text = re.sub(r'(data:image/png;base64,)([^"]+)', _lighter, text)
    return re.sub(r"\s*\n\s*", "\n", text).strip()


def _lighter(found: re.Match[str]) -> str:
    """An embedded image in 256 colours: a third of the bytes, and nobody can tell."""
    from PIL import Image

    buffer = io.BytesIO()
    image = Image.open(io.BytesIO(base64.b64decode(found[2])))
    flat = Image.alpha_composite(Image.new("RGBA", image.size, PAPER), image.convert("RGBA"))
    few = flat.convert("RGB").quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    few.save(buffer, "PNG", optimize=True)
    return found[1] + base64.b64encode(buffer.getvalue()).decode("ascii")


def _shorter(number: re.Match[str]) -> str:
    return f"{float(number[0]):.2f}".rstrip("0").rstrip(".")
