"""Several seeds: medians, bands, what diverged, and sentences that say no more than they may."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adamas import report
from adamas.report.seeds import band, curve_band, failed, final_band
from adamas.report.table import columns
from adamas.report.words import conditions, headline, paragraph


def spaced(text: str) -> str:
    return text.replace("\u00a0", " ")


def ending(example: Any, label: str, seed: int, accuracy: float | None, **changes: Any) -> Any:
    """A run of three epochs that ends at an accuracy, or diverges in the last one."""
    lost = accuracy is None
    return example.run(
        label,
        seed=seed,
        losses=[0.7, 0.5, 0.3, None if lost else round(1 - accuracy, 4)],
        accuracies=[0.5, 0.7, 0.8, accuracy],
        status="diverged" if lost else "finished",
        **changes,
    )


def repeated(example: Any, read: Any, **rules: list[float | None]) -> Any:
    runs = [
        ending(example, label, seed, accuracy)
        for label, accuracies in rules.items()
        for seed, accuracy in enumerate(accuracies)
    ]
    count = max(map(len, rules.values()))
    return read(*runs, seeds=list(range(count)), epochs=3)


def test_numbers_are_medians_with_bands(example: Any, read: Any) -> None:
    results = repeated(example, read, adam=[0.93, 0.97, 0.95])
    assert [run.label for run in results.runs] == ["adam"]
    adam = results.runs[0]
    assert adam.final["accuracy"] == 0.95
    assert final_band(adam, "accuracy") == (0.93, 0.97)
    np.testing.assert_allclose(adam.epochs["loss"], [0.7, 0.5, 0.3, 0.05])
    low, high = curve_band(adam, "loss")
    np.testing.assert_allclose(low, [0.7, 0.5, 0.3, 0.03])
    np.testing.assert_allclose(high, [0.7, 0.5, 0.3, 0.07])


def test_a_run_that_diverged_counts_as_worst(example: Any, read: Any) -> None:
    one = repeated(example, read, adam=[0.93, None, 0.95]).runs[0]
    assert (one.status, failed(one)) == ("finished", 1)
    assert one.final["accuracy"] == 0.93
    assert one.final["loss"] == pytest.approx(0.07)
    assert final_band(one, "accuracy") == (0.93, 0.95)
    most = repeated(example, read, adam=[0.93, None, None]).runs[0]
    assert (most.status, failed(most)) == ("diverged", 2)
    assert "accuracy" not in most.final
    half = repeated(example, read, adam=[0.93, None]).runs[0]
    assert half.status == "diverged"


def test_many_seeds_have_quartiles() -> None:
    assert band(np.array([1.0, 5.0, 2.0])) == (1.0, 5.0)
    assert band(np.arange(9.0)) == (2.0, 6.0)
    assert np.isnan(band(np.array([np.inf, np.inf]))).all()


def test_the_middle_seed_says_when_the_target_was_reached(example: Any, read: Any) -> None:
    def reached(epoch: int | None) -> Any:
        return epoch and {"epoch": epoch, "steps": 32 * epoch, "seconds": 0.1}

    def middle(*epochs: int | None) -> Any:
        runs = [ending(example, "adam", i, 0.95, reached=reached(e)) for i, e in enumerate(epochs)]
        return read(*runs, seeds=list(range(len(epochs))), epochs=3)

    assert middle(3, 1, 2).runs[0].reached["epoch"] == 2
    assert middle(3, None, 2).runs[0].reached["epoch"] == 3
    assert middle(3, None, None).runs[0].reached is None
    headings = {c.heading: c.cells for c in columns(middle(3, None, 2))}
    assert headings["seeds"] == ("2 of 3",)


def test_differences_within_the_spread_are_called_that(example: Any, read: Any) -> None:
    results = repeated(example, read, adam=[0.93, 0.97, 0.95], sgd=[0.92, 0.96, 0.94])
    assert spaced(headline(results)) == (
        "Both rules end between 94 % and 95 % accuracy, within the spread of three seeds"
    )
    said = spaced(paragraph(results))
    assert said.startswith(
        "Over three seeds, the median accuracy on the training set at the end is "
        "95 % for adam (93 to 97 %) and 94 % for sgd (92 to 96 %). "
        "These ranges overlap: the rules differ by no more than one rule does from seed to seed, "
        "and these three seeds name no best one."
    )
    assert said.endswith(
        "This is one setting of each rule: it describes these runs, not the rules."
    )
    assert spaced(conditions(results)).startswith(
        "For each seed, every rule started from the same weights and saw the same minibatches in "
        "the same order: three epochs of 32 steps (seeds 0 to 2, minibatches of 64)."
    )


def test_rules_that_the_seeds_tell_apart(example: Any, read: Any) -> None:
    results = repeated(example, read, adam=[0.97, 0.95, 0.96], sgd=[0.92, 0.94, 0.93])
    assert spaced(headline(results)) == (
        "Two rules end between 93 % and 96 % accuracy (medians of three seeds)"
    )
    assert (
        "In these three seeds, sgd lies below the whole range of adam (by luck alone, two equal "
        "rules come apart like this once in ten comparisons)."
    ) in paragraph(results)


def test_some_apart_and_some_alike(example: Any, read: Any) -> None:
    said = paragraph(
        repeated(example, read, a=[0.97, 0.95], b=[0.96, 0.94], c=[0.7, 0.8], d=[0.6, 0.65])
    )
    assert (
        "The range of a overlaps that of b, so these two seeds do not say which is better; c and d "
        "lie below the whole range of a (by luck alone, two equal rules come apart like this once "
        "in three comparisons)."
    ) in said
    assert "seeds 0 and 1" in conditions(repeated(example, read, a=[0.9, 0.8]))


def test_divergence_is_counted_and_shown(example: Any, read: Any) -> None:
    results = repeated(example, read, adam=[0.93, 0.94, 0.95], sgd=[0.9, None, 0.91])
    assert headline(results).startswith("One of six runs diverged; two rules end between")
    assert spaced(paragraph(results)).startswith(
        "One of three seeds diverged with sgd (seed 1); its medians count that as worse than any "
        "other end. Over three seeds"
    )
    status = next(c for c in columns(results) if c.heading == "status")
    assert status.cells == ("finished", "1 of 3 diverged")
    most = repeated(example, read, adam=[0.93, 0.94, 0.95], sgd=[None, None, 0.91])
    assert "Two of three seeds diverged with sgd (seeds 0 and 1), which leaves it" in paragraph(
        most
    )
    assert spaced(headline(most)) == (
        "Two of six runs diverged; adam ends at 94 % accuracy (median of three seeds)"
    )
    # A seed that diverged reaches to the worst: such a rule is not told apart as the better one.
    worse = repeated(example, read, adam=[0.9, 0.91, 0.92], sgd=[0.97, 0.98, None])
    assert "These ranges overlap" in paragraph(worse)


def test_every_seed_diverged(example: Any, read: Any) -> None:
    results = repeated(example, read, sgd=[None, None])
    assert headline(results) == "sgd diverged"
    assert paragraph(results).startswith("Two of two seeds diverged with sgd (seeds 0 and 1)")


def test_ctrl_c_among_seeds(example: Any, read: Any) -> None:
    results = repeated(example, read, adam=[0.95, 0.96], sgd=[0.94])
    assert "The comparison was interrupted: of two seeds adam has two and sgd has one." in (
        paragraph(results)
    )


@pytest.mark.parametrize("seeds", [2, 3, 8])
@pytest.mark.parametrize("rules", [1, 2, 6])
def test_any_number_of_seeds_and_rules(example: Any, read: Any, rules: int, seeds: int) -> None:
    random = np.random.default_rng(rules * seeds)
    given = {f"rule{i}": random.uniform(0.8, 0.99, seeds).tolist() for i in range(rules)}
    results = repeated(example, read, **given)
    for text in (headline(results), paragraph(results), conditions(results)):
        assert text
        assert not re.search(r"\bnan\b|\binf\b|None|  |\.\.", text), text
    assert ("middle half" in paragraph(results)) == (seeds == 8)


@pytest.fixture(scope="module")
def page(example: Any, tmp_path_factory: pytest.TempPathFactory) -> str:
    runs = [
        ending(example, label, seed, accuracy, parameters=f"parameters/{label}-{seed}.safetensors")
        for label, accuracies in (("adam", [0.95, 0.96, 0.97]), ("sgd", [0.9, None, 0.92]))
        for seed, accuracy in enumerate(accuracies)
    ]
    record = example.comparison(*runs, seeds=[0, 1, 2], epochs=3)
    directory: Path = example.write(tmp_path_factory.mktemp("runs") / "seeds", record)
    first = report.write(directory).read_bytes()
    assert report.write(directory).read_bytes() == first
    return first.decode()


def test_the_page_says_what_its_lines_and_bands_are(page: str) -> None:
    assert "Lines are medians of three seeds, bands reach over the lowest to the highest" in page
    assert "Medians; below them the lowest to the highest seed." in page
    assert "A cross ends the line of a run that diverged." in page
    assert "1 of 3 diverged" in page
    assert "95.0–97.0" in page
    assert "<dd>0, 1, 2</dd>" in page
    assert page.count("<article") == 2
