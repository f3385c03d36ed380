"""Maps of two parameters: drawn for what has them, warned about, and cut where a path runs away."""

from pathlib import Path

import numpy as np
import pytest

from adamas import report, workloads
from adamas.lab import compare, contestants, save
from adamas.report.load import load
from adamas.report.palette import looks
from adamas.report.paths import _drawable, plate
from adamas.report.words import paragraph

WARNING = "Such pictures teach; they do not rank optimizers."


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A comparison in which one rule runs away and one overflows."""
    comparison = compare(
        workloads.get("rosenbrock"),
        contestants("adam:lr=0.05,sgd:lr=0.01,momentum:lr=1"),
        epochs=3,
        seeds=2,
    )
    return save(comparison, tmp_path_factory.mktemp("runs") / "out", command="adamas compare")


def test_a_page_with_maps_and_the_warning(folder: Path) -> None:
    text = report.write(folder).read_text()
    assert text.index('id="paths"') < text.index('id="curves"')
    assert text.count(WARNING) == 1
    assert (folder / "figures/paths.svg").is_file()
    assert (folder / "figures/paths.png").is_file()
    assert "paths.parquet" in text
    assert "none: the whole gradient" in text
    assert "Accuracy" not in text
    assert "cross-entropy" not in text
    assert len(text) < 3_000_000


def test_panels(folder: Path) -> None:
    results = load(folder)
    problem = workloads.get("rosenbrock")
    drawn = plate(results, looks([run.label for run in results.runs]), problem)
    assert drawn is not None
    titles = [panel.title for panel in drawn.panels]
    assert titles == ["All rules", "Near the lowest point", "adam", "sgd", "momentum"]
    notes = {panel.title: panel.note for panel in drawn.panels}
    assert "loss" in notes["adam"]
    assert notes["momentum"].startswith("diverged after")


def test_two_parameters_rank_nobody(folder: Path) -> None:
    said = paragraph(load(folder))
    assert said.endswith(
        "Two parameters without noise teach how a rule moves; they do not rank optimizers."
    )
    assert "by luck" not in said
    assert "accuracy" not in said


def test_a_path_is_drawn_until_it_leaves_for_good() -> None:
    window = (-1.0, 1.0, -1.0, 1.0)
    there_and_back = np.array([[0, 0], [5, 0], [0.5, 0], [9, 9], [99, 99]])
    np.testing.assert_array_equal(_drawable(there_and_back, window), there_and_back[:4])
    overflowing = np.array([[0, 0], [1e300, 0], [np.inf, np.nan]])
    np.testing.assert_array_equal(_drawable(overflowing, window), overflowing[:1])
    staying = np.zeros((4, 2))
    np.testing.assert_array_equal(_drawable(staying, window), staying)


def test_one_rule_and_one_seed(tmp_path: Path) -> None:
    name = "quadratic:condition=10:rotated=true"
    comparison = compare(workloads.get(name), contestants("sgd:lr=1"), epochs=2)
    directory = save(comparison, tmp_path / "out")
    text = report.write(directory).read_text()
    assert WARNING in text
    assert "All rules" not in text
    assert report.write(directory).read_text() == text


def test_other_workloads_have_no_map(tmp_path: Path) -> None:
    comparison = compare(workloads.get("regression"), contestants("sgd"), epochs=1)
    text = report.write(save(comparison, tmp_path / "out")).read_text()
    assert WARNING not in text
    assert "cross-entropy" in text
