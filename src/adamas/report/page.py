"""The page: plates, words and numbers come in, one HTML file that opens from disk goes out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adamas.report import palette
from adamas.report.canvas import Plate, swatch
from adamas.report.inside import constants, symbol
from adamas.report.numerals import SPACE, counted, plain
from adamas.report.palette import Look
from adamas.report.results import Results, Run
from adamas.report.seeds import failed
from adamas.report.spread import band_words
from adamas.report.table import grouped
from adamas.report.words import conditions, headline, paragraph, picture, walks


@dataclass(frozen=True)
class Drawn:
    """A plate with the SVG of each of its panels."""

    plate: Plate
    svgs: tuple[str, ...]

    @property
    def figures(self) -> list[tuple[Any, str]]:
        """Each panel with its SVG, whose colours follow the page into the dark."""
        return [(p, follow(s)) for p, s in zip(self.plate.panels, self.svgs, strict=True)]


def compose(
    results: Results,
    looks: Mapping[str, Look],
    *,
    description: str,
    paths: Drawn | None,
    curves: Drawn,
    answers: Drawn | None,
    together: Drawn | None,
    inside: Sequence[tuple[Run, Drawn | None]],
) -> str:
    """The page as text. Labels and names are escaped; only our own SVG goes in as it is."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("adamas.report", "."),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return (
        environment.get_template("page.html.jinja").render(
            results=results,
            looks=looks,
            headline=headline(results),
            paragraph=paragraph(results),
            conditions=conditions(results),
            # A hyphen of "64-64-10" must not end a line.
            description=re.sub(r"(?<=\d)-(?=\d)", "\u2011", description),
            paths=paths,
            paths_words=walks(results),
            band_words=band_words(results) if results.repeated else "",
            seed_count=counted(len(results.seeds), "seed"),
            has_diverged=any(failed(run) for run in results.runs),
            measured=any("accuracy" in run.epochs for run in results.runs),
            curves=curves,
            answers=answers,
            answers_words=picture(results, answers.plate) if answers else ("", ""),
            together=together,
            inside=inside,
            groups=grouped(results),
            constants=_constants,
            values=values,
            swatch=lambda label: follow(swatch(looks[label])),
            palette=palette,
            number=plain,
        )
        + "\n"
    )


def values(run: Run) -> str:
    """The hyperparameters of a run as code: "lr = 0.005, eps = 1e-8"."""
    return ", ".join(f"{k}{SPACE}={SPACE}{_code(v)}" for k, v in run.hyperparameters.items())


def _code(value: Any) -> str:
    return value if isinstance(value, str) else f"{value:.12g}".replace("e-0", "e-")


def _constants(run: Run) -> str:
    found = constants(run.trace)
    return ", ".join(f"{symbol(name)} = {plain(value, 4)}" for name, value in found.items())


def follow(svg: str) -> str:
    """An SVG whose colours are the page's variables; pictures with an image keep theirs."""
    if "<image" in svg:
        return svg
    for name in ("INK", "MUTED", "GRID", "FAINT", "PAPER"):
        svg = svg.replace(getattr(palette, name), f"var(--{name.lower()})")
    for i, colour in enumerate(palette.RULES):
        svg = svg.replace(colour, f"var(--rule-{i})")
    return svg
