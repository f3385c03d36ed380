"""Every colour, dash and font size of the report; rules get theirs by the order of labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

# Okabe & Ito, "Color Universal Design", 2008, in an order that keeps the first ones furthest apart
# for every kind of colour vision. Yellow is left out: nobody can see it on white.
RULES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#5b5b66")
DARK_RULES = ("#4aa3df", "#f0803c", "#2fc799", "#e39ac4", "#8fd0f7", "#f3b838", "#a9a9b5")
DASHES: tuple[tuple[float, ...], ...] = ((), (5.0, 2.0), (1.5, 1.5), (7.0, 2.0, 1.5, 2.0))

INK = "#1c2230"
MUTED = "#5d6675"
GRID = "#e4e7ec"
FAINT = "#d0d6df"  # the gradient behind a moment
PAPER = "#fffffe"  # not quite #fff, so that it can be told from white inside a figure and replaced

# The two classes of a picture of regions: indigo and amber, told apart by every kind of
# colour vision, and as light as one another, so that neither class looks surer than it is.
CLASS_ENDS = ("#b6bff3", "#e6be73")
CLASS_MIDDLE = "#fbfaf8"
CLASS_POINTS = ("#2b3a9a", "#8f5b00")

TILE = "#f2f3f6"  # the ground of a small image
DEEP, FAR = "#86a3c3", "#fbfaf8"  # low and high ground of a map of the loss
DIFFERENCE = "#3b1d5e"  # where models differ most: a plum that is neither class

SIZE = 12.0  # of text, in points, at 72 points an inch: one point is one CSS pixel at full width
WIDTH = 1.7  # of a rule's line

STYLE: dict[str, Any] = {
    "figure.dpi": 72,
    "figure.facecolor": PAPER,
    "axes.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "font.family": ["DejaVu Sans"],
    "font.size": SIZE,
    "text.color": INK,
    "axes.edgecolor": MUTED,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.labelcolor": MUTED,
    "axes.labelsize": SIZE,
    "axes.unicode_minus": True,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.major.size": 4,
    "xtick.minor.size": 0,
    "ytick.major.size": 0,
    "ytick.minor.size": 0,
    "lines.linewidth": WIDTH,
    "lines.solid_capstyle": "round",
    "lines.solid_joinstyle": "round",
    "path.simplify": True,
    "path.simplify_threshold": 0.2,
    "svg.fonttype": "none",
    "svg.hashsalt": "adamas",
}


@dataclass(frozen=True)
class Look:
    """How one rule is drawn, everywhere: its place in the palette and its dashes."""

    index: int
    colour: str
    dashes: tuple[float, ...]

    @property
    def linestyle(self) -> Any:
        """The dashes in matplotlib's form."""
        return (0, self.dashes) if self.dashes else "-"

    def line(self, **changes: Any) -> dict[str, Any]:
        """Keyword arguments of `Axes.plot` for this rule."""
        return {"color": self.colour, "linestyle": self.linestyle, "linewidth": WIDTH, **changes}


def looks(labels: Sequence[str]) -> dict[str, Look]:
    """The look of every rule: colours in order of `labels`, new dashes each time they run out."""
    found = {}
    for i, label in enumerate(labels):
        turn, index = divmod(i, len(RULES))
        found[label] = Look(index, RULES[index], DASHES[turn % len(DASHES)])
    return found


def class_map() -> Any:
    """Probability to colour: from one class over near-white to the other, even steps in OKLab."""
    from matplotlib.colors import ListedColormap

    low, middle, high = (_to_oklab(c) for c in (CLASS_ENDS[0], CLASS_MIDDLE, CLASS_ENDS[1]))
    part = np.linspace(0, 1, 128)[:, None]
    lab = np.concatenate([low + (middle - low) * part, middle + (high - middle) * part])
    return ListedColormap(_to_srgb(lab), name="adamas-classes")


def ramp(low_colour: str, high_colour: str) -> Any:
    """Zero to one, in colours that go from `low_colour` to `high_colour` in even steps of OKLab."""
    from matplotlib.colors import ListedColormap

    low, high = _to_oklab(low_colour), _to_oklab(high_colour)
    return ListedColormap(_to_srgb(low + (high - low) * np.linspace(0, 1, 256)[:, None]))


# Bjorn Ottosson, "A perceptual color space for image processing", 2020.
_CONE = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def _to_oklab(colour: str) -> np.ndarray[Any, Any]:
    rgb = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return _LAB @ np.cbrt(_CONE @ linear)


def _to_srgb(lab: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    linear = np.clip(((lab @ np.linalg.inv(_LAB).T) ** 3) @ np.linalg.inv(_CONE).T, 0, 1)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
