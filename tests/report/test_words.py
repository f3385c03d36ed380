"""What the page says in words, situation by situation: golden sentences."""

from typing import Any

import pytest

from adamas.report.numerals import duration, listed, percent, plain
from adamas.report.words import conditions, headline, paragraph

RISING = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.97]


def spaced(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_one_rule(example: Any, read: Any) -> None:
    results = read(example.run("adam"))
    assert spaced(headline(results)) == "adam ends at 99.95 % accuracy"
    assert spaced(paragraph(results)) == (
        "At the end, accuracy on the training set is 99.95 %. The final loss is 0.003. "
        "99 % accuracy was first reached in epoch 4, after 128 steps."
    )
    assert spaced(conditions(results)) == (
        "One rule, adam, for six epochs of 32 steps (seed 0, minibatches of 64). "
        "One step of the optimizer took 40 µs (median)."
    )


def test_three_that_are_close_crown_no_winner(example: Any, read: Any) -> None:
    one, two = example.run("momentum"), example.run("rmsprop", seconds_per_step=80e-6)
    three = example.run("adam", accuracies=[0.5, 0.99, 0.99, 0.99, 0.99, 0.99, 1.0])
    results = read(one, two, three)
    assert spaced(headline(results)) == (
        "All three rules end above 99.9 % accuracy; they first reach 99 % between epochs 1 and 4"
    )
    assert spaced(paragraph(results)) == (
        "At the end, accuracy on the training set is 99.95 % for momentum and rmsprop, and 100 % "
        "for adam. The final losses agree to two digits, at 0.003. 99 % accuracy was first reached "
        "in epoch 1 by adam and 4 by momentum and rmsprop. This is one seed and one setting of "
        "each rule: differences this small at the end do not say that one rule is better than "
        "another."
    )
    assert spaced(conditions(results)) == (
        "Every rule started from the same weights and saw the same minibatches in the same order: "
        "six epochs of 32 steps (seed 0, minibatches of 64). One step of the optimizer took from "
        "40 µs (momentum) to 80 µs (rmsprop), median."
    )


def test_ties(example: Any, read: Any) -> None:
    results = read(example.run("a"), example.run("b"))
    assert spaced(headline(results)) == "Both rules end at 99.95 % accuracy"
    assert "first reached in epoch 4 by both rules." in spaced(paragraph(results))
    assert "took about 40 µs for each" in spaced(conditions(results))


def test_far_apart_and_a_target_not_reached(example: Any, read: Any) -> None:
    results = read(example.run("adam"), example.run("sgd", accuracies=RISING))
    assert spaced(headline(results)) == "Two rules end between 97 % and 99.95 % accuracy"
    said = spaced(paragraph(results))
    assert "99 % accuracy was first reached in epoch 4 by adam; sgd did not reach it." in said
    assert said.endswith(
        "This is one seed and one setting of each rule: it describes these runs, not the rules."
    )


def test_no_one_reaches_the_target(example: Any, read: Any) -> None:
    alone = read(example.run("sgd", accuracies=RISING))
    assert "It did not reach the target of 99 % accuracy." in spaced(paragraph(alone))
    both = read(example.run("sgd", accuracies=RISING), example.run("lion", accuracies=RISING))
    assert "No rule reached the target of 99 % accuracy." in spaced(paragraph(both))


def test_losses_that_change_places_make_no_order(example: Any, read: Any) -> None:
    swapping = [0.7, 0.5, 0.4, 0.3, 0.1, 0.3, 0.1], [0.7, 0.5, 0.4, 0.3, 0.2, 0.2, 0.2]
    ordered = [0.7, 0.5, 0.4, 0.3, 0.1, 0.1, 0.1], swapping[1]
    said = paragraph(read(*(example.run(n, losses=x) for n, x in zip("ab", swapping, strict=True))))
    assert (
        "The final losses lie between 0.1 (a) and 0.2 (b), but over the last three epochs these "
        "two changed places, so their order depends on where one stops."
    ) in said
    said = paragraph(read(*(example.run(n, losses=x) for n, x in zip("ab", ordered, strict=True))))
    assert "The final losses lie between 0.1 (a) and 0.2 (b)." in said


def test_updates_of_different_size(example: Any, read: Any) -> None:
    small, large = [None, *[0.001] * 6], [None, 0.02, *[0.0014] * 5]
    results = read(example.run("a", sizes=small), example.run("b", sizes=large))
    assert (
        "In the first epoch the mean update of b is 20 times that of a, in the last 1.4 times."
    ) in paragraph(results)


def diverged(example: Any, label: str = "sgd") -> Any:
    return example.run(
        label, status="diverged", losses=[0.7, None], accuracies=[0.5, None], sizes=[None, None]
    )


def test_divergence(example: Any, read: Any) -> None:
    results = read(example.run("adam"), diverged(example))
    assert spaced(headline(results)) == (
        "One of two rules diverged, the other ends at 99.95 % accuracy"
    )
    assert paragraph(results).startswith(
        "Training with sgd diverged: after step 32 the loss was no longer a finite number. "
    )
    assert "sgd" not in paragraph(results).partition("number.")[2]


def test_everything_diverged(example: Any, read: Any) -> None:
    assert headline(read(diverged(example))) == "sgd diverged"
    assert headline(read(diverged(example), diverged(example, "adam"))) == "Both rules diverged"


def test_interruption(example: Any, read: Any) -> None:
    short = {"losses": [0.7, 0.6], "accuracies": [0.5, 0.6]}
    results = read(example.run("adam"), example.run("sgd", status="interrupted", **short))
    assert spaced(headline(results)) == (
        "Interrupted: Two rules end between 60 % and 99.95 % accuracy".replace("Two", "two")
    )
    assert paragraph(results).startswith(
        "The comparison was interrupted: sgd had finished 1 of six epochs. "
        "What follows therefore compares unequal amounts of training. "
    )
    alone = read(example.run("adam", status="interrupted", **short))
    assert spaced(headline(alone)) == "Interrupted after 1 of 6 epochs: adam ends at 60 % accuracy"


def test_interrupted_before_the_first_epoch(example: Any, read: Any) -> None:
    nothing = example.run("adam", status="interrupted", losses=[0.7], accuracies=[0.5])
    results = read(nothing)
    assert headline(results) == "Stopped before the first epoch was over"
    assert paragraph(results) == "The comparison was interrupted: adam had finished no epoch."


def test_a_test_set_comes_first(example: Any, read: Any) -> None:
    results = read(
        example.run("a", test_accuracies=[0.1, 0.5, 0.7, 0.8, 0.9, 0.96, 0.97]),
        example.run("b", test_accuracies=[0.1, 0.5, 0.7, 0.8, 0.9, 0.96, 0.98]),
        target={"metric": "test_accuracy", "value": 0.99},
    )
    assert spaced(headline(results)) == "Two rules end between 97 % and 98 % test accuracy"
    assert "At the end, test accuracy is 97 % for a and 98 % for b." in spaced(paragraph(results))


@pytest.mark.parametrize("count", range(1, 13))
def test_any_number_of_rules(example: Any, read: Any, count: int) -> None:
    runs = [
        example.run(f"rule{i}", accuracies=[0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.5 + i / 30])
        for i in range(count)
    ]
    results = read(*runs)
    for text in (headline(results), paragraph(results), conditions(results)):
        assert text
        assert not {"nan", "None", "  ", ".."} & {
            text[i : i + n] for n in (2, 3, 4) for i in range(len(text))
        }


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.5, "50 %"), (0.9333, "93.3 %"), (0.99951, "99.95 %"), (0.99999, "99.999 %"), (1, "100 %")],
)
def test_percent_never_rounds_up_to_all(share: float, text: str) -> None:
    assert spaced(percent(share)) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(3.21e-8, "32 ns"), (4e-5, "40 µs"), (0.0123, "12 ms"), (2.0, "2 s"), (125.0, "2 min 5 s")],
)
def test_durations(seconds: float, text: str) -> None:
    assert spaced(duration(seconds)) == text


def test_numbers_and_lists() -> None:
    assert [plain(x, 2) for x in (0.00294, 0, -1.5, 2.5e-5, 1e-8)] == [
        "0.0029", "0", "−1.5", "2.5·10⁻⁵", "10⁻⁸",
    ]  # fmt: skip
    assert [listed(list(x)) for x in ("", "a", "ab", "abc")] == ["", "a", "a and b", "a, b and c"]
