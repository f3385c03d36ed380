"""Colours that colour-blind readers can tell apart, and what is read off names and numbers."""

from itertools import combinations

import numpy as np
import pytest

from adamas.report.axes import power, thin
from adamas.report.inside import constants, groups
from adamas.report.palette import CLASS_POINTS, RULES, class_map, looks
from adamas.report.palette import _to_oklab as to_oklab

# Machado, Oliveira & Fernandes, "A Physiologically-based Model for Simulation of Color Vision
# Deficiency", 2009: severity 1, on linear RGB.
DEFICIENCIES = {
    "none": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}


def seen(colour: str, matrix: np.ndarray) -> np.ndarray:
    rgb = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    linear = np.clip(matrix @ linear, 0, 1)
    rgb = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return to_oklab("#" + "".join(f"{round(255 * x):02x}" for x in rgb))


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
@pytest.mark.parametrize("colours", [RULES, CLASS_POINTS], ids=["rules", "classes"])
def test_every_two_colours_differ_for_every_kind_of_vision(
    deficiency: str, colours: tuple[str, ...]
) -> None:
    lab = {colour: seen(colour, DEFICIENCIES[deficiency]) for colour in colours}
    for one, other in combinations(colours, 2):
        # 0.02 is a just noticeable difference in OKLab.
        assert np.linalg.norm(lab[one] - lab[other]) > 0.06, (one, other)


def test_looks_follow_the_order_of_labels_and_never_repeat() -> None:
    labels = [f"rule {i}" for i in range(24)]
    found = looks(labels)
    assert list(found) == labels
    assert len({(look.colour, look.dashes) for look in found.values()}) == len(labels)
    assert all(not found[label].dashes for label in labels[: len(RULES)])
    assert looks(labels[:3]) == {label: found[label] for label in labels[:3]}


def test_the_classes_are_equally_light_all_along() -> None:
    colours = class_map()(np.linspace(0, 1, 21))
    codes = ["#" + "".join(f"{round(255 * x):02x}" for x in rgb[:3]) for rgb in colours]
    light = np.array([to_oklab(code)[0] for code in codes])
    np.testing.assert_allclose(light, light[::-1], atol=0.015)
    assert np.all(np.diff(light[:11]) > 0)


def test_thinning_keeps_the_first_steps_and_every_spike() -> None:
    steps = np.arange(1, 20_001)
    values = np.zeros(20_000)
    values[[12_345, 7]] = 1.0, -1.0
    kept_steps, kept = thin(steps, values)
    assert len(kept) < 1000
    assert kept_steps[:20].tolist() == list(range(1, 21))
    assert np.all(np.diff(kept_steps) > 0)
    assert (kept.max(), kept.min()) == (1.0, -1.0)


def test_ticks() -> None:
    assert [power(2), power(-3, 3), power(-5), power(-5, 2)] == ["100", "0.003", "10⁻⁵", "2·10⁻⁵"]


def traces(**values: object) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    arrays = {name: np.asarray(column, dtype=float) for name, column in values.items()}
    return {name: (np.arange(1, len(a) + 1), a) for name, a in arrays.items()}


def test_quantities_are_grouped_by_their_names() -> None:
    g = np.array([1.0, -1.0, 0.5])
    trace = traces(p=[1, 1.1, 1.2], g=g, m=g / 10, v=g**2, m_hat=g, v_hat=g**2, rate=[3, 2, 1])
    assert groups(trace) == [("m_hat", "m"), ("v_hat", "v"), ("rate",), ("p",)]


def test_a_rule_with_names_never_seen_is_drawn_whole() -> None:
    g = np.array([1.0, -1.0, 0.5])
    trace = traces(p=[1, 1.1, 1.2], g=g, z=[1, 1.2, 1.3], flux=[5, 7, 9], odd=[2, 2, 2])
    assert groups(trace) == [("g",), ("flux",), ("p", "z")]
    assert constants(trace) == {"odd": 2.0}


def test_a_trace_that_overflows_is_still_grouped() -> None:
    trace = traces(p=[1, np.inf, np.nan], g=[np.nan] * 3, m=[5, -np.inf, np.nan])
    assert groups(trace) == [("m",), ("p",)]
