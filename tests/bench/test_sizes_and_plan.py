"""Sizes are what they say they are, and plans are read as the command line spells them."""

import pytest

from adamas import rules
from adamas.bench import SIZES, plan
from adamas.bench.limit import bytes_moved, limit_of
from adamas.bench.work import SPECIAL, read_work
from adamas.errors import NotFoundError, OptionError


@pytest.mark.parametrize(
    ("name", "tensors", "parameters"),
    [
        ("67m", 1, 67_108_864),
        ("gpt2", 148, 124_439_808),  # as OpenAI's checkpoint has them
        ("resnet", 82, 19_003_680),
        ("1000x1000", 1_000, 1_000_000),
        ("1m", 1, 1_000_000),
        ("spiral", 6, 1_185),
    ],
)
def test_sizes_have_the_tensors_of_their_architecture(
    name: str, tensors: int, parameters: int
) -> None:
    assert (SIZES[name].tensors, SIZES[name].parameters) == (tensors, parameters)


def test_the_plan_without_names_covers_every_size() -> None:
    found = plan.rows(None, None)
    assert {row.size.name for row in found} == set(SIZES)
    assert any(row.fresh for row in found)
    assert len(plan.rows(None, None, quick=True)) < len(found)


def test_named_sizes_and_rules_are_multiplied() -> None:
    found = plan.rows("spiral,1m", "adam,lion:lr=0.01")
    assert [(row.size.name, row.work.name) for row in found] == [
        ("spiral", "adam"),
        ("spiral", "lion"),
        ("1m", "adam"),
        ("1m", "lion"),
    ]
    assert found[1].work.values["lr"] == 0.01


def test_a_size_alone_is_stepped_with_the_default() -> None:
    assert [row.work.name for row in plan.rows("spiral,1m", None)] == ["adam", "adamw"]


def test_all_is_every_rule_of_the_book() -> None:
    assert [work.name for work in read_work("all")] == list(rules.BOOK)


@pytest.mark.parametrize(
    ("sizes", "works", "message"),
    [
        ("1k", None, "unknown size '1k'. Did you mean '1m'?"),
        (None, "adamv", "unknown rule 'adamv'. Did you mean 'adam'?"),
        (None, "denormals", "unknown rule 'denormals'. Did you mean 'denormal'?"),
    ],
)
def test_unknown_names_offer_the_nearest(
    sizes: str | None, works: str | None, message: str
) -> None:
    with pytest.raises(NotFoundError, match="unknown") as caught:
        plan.rows(sizes, works)
    assert str(caught.value) == message


def test_a_rule_twice_is_refused() -> None:
    with pytest.raises(OptionError, match="twice"):
        read_work("chain,chain")


@pytest.mark.parametrize("work", read_work(",".join(["all", *SPECIAL])), ids=lambda work: work.name)
def test_the_limit_moves_the_bytes_of_every_rule(work) -> None:
    limit = limit_of(work)
    assert limit is not None
    assert bytes_moved(limit, work.dtype) == bytes_moved(work.rule, work.dtype)
