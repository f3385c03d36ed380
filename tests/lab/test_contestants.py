"""Reading rules as they are written: names, values, schedules, files, and labels."""

from pathlib import Path

import pytest

from adamas import rules, schedules
from adamas.errors import OptionError
from adamas.lab.contestants import contestants, read


def labels(text: str) -> list[str]:
    return [contestant.label for contestant in contestants(text)]


def test_a_name_is_the_rule_of_the_book() -> None:
    assert read("adam") == ("adam", rules.adam)
    assert read(" adam:lr=0.01 : beta1=0.8") == ("adam", rules.adam(lr=0.01, beta1=0.8))


@pytest.mark.parametrize(
    ("text", "schedule"),
    [
        ("warmup(10)", schedules.warmup(10)),
        ("0.01*warmup(10)", 0.01 * schedules.warmup(10)),
        (
            "0.01 * warmup(10)*cosine(1000,0.1)",
            0.01 * schedules.warmup(10) * schedules.cosine(1000, 0.1),
        ),
    ],
)
def test_a_hyperparameter_can_follow_a_schedule(text: str, schedule: object) -> None:
    found = contestants(f"sgd,adam:lr={text}:beta1=0.8")
    assert found[1].rule.values["lr"] == schedule
    assert found[1].rule.values["beta1"] == 0.8


def test_labels_are_names_where_names_are_enough() -> None:
    assert labels("adam:lr=0.3,sgd,rmsprop") == ["adam", "sgd", "rmsprop"]


def test_labels_say_what_differs_between_settings_of_one_rule() -> None:
    assert labels("adam,sgd,adam:lr=0.01,adam:lr=0.01:beta1=0.5") == [
        "adam lr=0.001 beta1=0.9",
        "sgd",
        "adam lr=0.01 beta1=0.9",
        "adam lr=0.01 beta1=0.5",
    ]
    assert labels("sgd,sgd:lr=0.1*cosine(20,0.1)") == ["sgd lr=0.01", "sgd lr=0.1*cosine(20,0.1)"]


def test_labels_name_the_file_where_two_files_have_the_same_name(tmp_path: Path) -> None:
    text = 'from adamas import rule\n\n@rule\ndef adam(p, g):\n    """Mine."""\n    return p - g\n'
    path = tmp_path / "mine.py"
    path.write_text(text)
    assert labels(f"adam,{path}:adam") == ["adam", f"{path}:adam"]
    assert labels(f"sgd,{path}:adam") == ["sgd", "adam"]


def test_one_file_is_loaded_once(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(
        "from adamas import rule\n\n@rule\ndef f(p, g, *, lr=0.1):\n    return p - lr * g\n"
    )
    first, second = contestants(f"{path}:f,{path}:f:lr=0.2")
    assert first.rule.function is second.rule.function  # type: ignore[union-attr]
    assert first.source == second.source == f"{path}:f"


def test_the_same_rule_twice_is_refused() -> None:
    with pytest.raises(OptionError, match="'adam' is given twice"):
        contestants("adam,adam:lr=0.001")
