"""The whole report, written from a small comparison: complete, self-contained, repeatable."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from adamas import report
from adamas.errors import AdamasError
from adamas.report.palette import RULES


@pytest.fixture(scope="module")
def folder(example: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    record = example.comparison(
        example.run("momentum"), example.run("adam <lr & co>"), command='adamas "<quoted>"'
    )
    directory: Path = example.write(tmp_path_factory.mktemp("runs") / "spiral", record)
    report.write(directory)
    return directory


@pytest.fixture(scope="module")
def text(folder: Path) -> str:
    return (folder / "report.html").read_text(encoding="utf-8")


class Document(HTMLParser):
    """Collects elements, and checks that what is opened is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "br", "hr", "img", "link"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes another element"


def test_the_page_is_well_formed_and_has_every_section(text: str) -> None:
    document = Document(text)
    assert document.open == []
    sections = [a["id"] for tag, a in document.elements if tag == "section"]
    assert sections == ["curves", "answers", "inside", "numbers", "again"]
    assert sum(tag == "article" for tag, _ in document.elements) == 2
    ids = [a["id"] for _, a in document.elements if a.get("id")]
    assert len(ids) == len(set(ids))


def test_nothing_is_loaded_from_elsewhere(text: str) -> None:
    for tag, attributes in Document(text).elements:
        assert tag not in ("script", "link", "iframe", "object", "img")
        for name in ("src", "href", "xlink:href", "poster", "data"):
            value = attributes.get(name) or ""
            assert not re.match(r"\w+://|//", value), f"<{tag} {name}={value}>"
    assert "@import" not in text
    assert all(found.startswith("#") for found in re.findall(r"url\(([^)]*)\)", text))


def test_every_link_leads_to_a_file_or_a_place_in_the_page(text: str, folder: Path) -> None:
    elements = Document(text).elements
    ids = {a.get("id") for _, a in elements}
    links = [a["href"] or "" for tag, a in elements if tag == "a"]
    assert len(links) > 8
    for link in links:
        if link.startswith("#"):
            assert link[1:] in ids
        else:
            assert (folder / link.replace("%3D", "=")).is_file(), link


def test_every_figure_is_there_twice(folder: Path) -> None:
    names = {"curves", "regions", "together", "inside-momentum", "inside-adam-lr-co"}
    figures = {path.name for path in (folder / "figures").iterdir()}
    assert figures == {f"{name}.{kind}" for name in names for kind in ("svg", "png")}
    for path in (folder / "figures").glob("*.png"):
        assert path.read_bytes().startswith(b"\x89PNG")


def test_pictures_have_words_and_tables_have_headers(text: str) -> None:
    elements = Document(text).elements
    pictures = [a for tag, a in elements if tag == "svg"]
    assert all(a.get("aria-label") or a.get("aria-hidden") for a in pictures)
    assert all(a.get("scope") for tag, a in elements if tag == "th")


def test_text_of_the_user_is_escaped(text: str) -> None:
    assert "adam <lr" not in text
    assert "adam &lt;lr &amp; co&gt;" in text
    assert "adamas &#34;&lt;quoted&gt;&#34;" in text


def test_a_rule_has_one_colour_everywhere(folder: Path) -> None:
    svgs = {path.stem: path.read_text() for path in (folder / "figures").glob("*.svg")}
    for first, second, names in (
        (0, 1, ["inside-momentum"]),
        (1, 0, ["inside-adam-lr-co"]),
    ):
        for name in names:
            assert RULES[first] in svgs[name]
            assert RULES[second] not in svgs[name]
    for name in ("curves", "together"):
        assert RULES[0] in svgs[name]
        assert RULES[1] in svgs[name]
        assert not any(colour in svgs[name] for colour in RULES[2:])


def test_writing_twice_gives_the_same_bytes(folder: Path) -> None:
    def contents() -> dict[str, bytes]:
        return {str(p): p.read_bytes() for p in folder.rglob("*") if p.is_file()}

    before = contents()
    report.write(folder)
    assert contents() == before


def test_misread_digits_instead_of_regions(example: Any, tmp_path: Path) -> None:
    record = example.comparison(
        example.run("adam", test_accuracies=[0.1, 0.5, 0.7, 0.8, 0.9, 0.96, 0.97]),
        workload="digits",
    )
    directory = example.write(tmp_path / "digits", record)
    text = report.write(directory).read_text()
    assert "What they misread" in text
    assert (directory / "figures" / "misread.png").is_file()


def test_runs_without_steps_and_an_unknown_workload(example: Any, tmp_path: Path) -> None:
    nothing = {"losses": [0.7], "accuracies": [0.5], "steps": 0, "seconds_per_step": None}
    failed = {"losses": [0.7, None], "accuracies": [0.5, None], "sizes": [None, None], "steps": 1}
    record = example.comparison(
        example.run("stopped", status="interrupted", **nothing),
        example.run("burst", status="diverged", **failed),
    )
    directory = example.write(tmp_path / "own", record)
    path = directory / "results.json"
    path.write_text(path.read_text().replace('"workload": "spiral"', '"workload": "my own"'))
    text = report.write(directory).read_text()
    assert 'id="answers"' not in text
    assert "No step of this run was recorded." in text
    assert "nan" not in re.sub(r"<svg.*?</svg>", "", text, flags=re.DOTALL).lower()


@pytest.mark.parametrize("missing", ["results.json", "steps.parquet"])
def test_a_missing_file_is_named(example: Any, tmp_path: Path, missing: str) -> None:
    directory = example.write(tmp_path / "run", example.comparison(example.run()))
    (directory / missing).unlink()
    with pytest.raises(AdamasError, match=rf"{missing}.*adamas compare"):
        report.write(directory)
    assert not (directory / "report.html").exists()


@pytest.mark.parametrize(
    ("broken", "said"),
    [("{", "not readable as JSON"), ('{"runs": [{}]}', "'watch'"), ('{"runs": []}', "no runs")],
)
def test_broken_results_are_explained(tmp_path: Path, example: Any, broken: str, said: str) -> None:
    directory = example.write(tmp_path / "run", example.comparison(example.run()))
    (directory / "results.json").write_text(broken)
    with pytest.raises(AdamasError, match=said):
        report.write(directory)
