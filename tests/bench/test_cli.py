"""`adamas bench` on the command line: tables, JSON, files, and errors of one line."""

import json
from pathlib import Path

import pytest

from adamas.bench.words import count, duration, three
from adamas.cli import bench_table, main

SMALL = ("bench", "--sizes", "spiral", "--rounds", "2", "--contestants", "limit,numpy")


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_table_for_each_line_up(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*SMALL, "--rules", "adam,lion"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "the spiral network, adam · 1,185 parameters in 6 tensors" in out
    assert "the spiral network, lion" in out
    assert out.count("the bytes alone") == 2
    assert "threads; medians" in out or "1 thread; medians" in out
    assert max(map(len, out.splitlines())) <= 132


def test_json_and_files(capsys: pytest.CaptureFixture[str]) -> None:
    files = ("--out", "new/numbers.json", "--chart", "chart.png")
    assert main([*SMALL, "--json", *files]) == 0
    printed = capsys.readouterr().out
    results = json.loads(printed)
    assert Path("new/numbers.json").read_text(encoding="utf-8") == printed
    assert Path("chart.png").read_bytes().startswith(b"\x89PNG")
    assert results["command"] == (
        "adamas bench --sizes spiral --contestants limit,numpy --rounds 2"
    )
    assert results["threads"] >= 1
    assert {"adamas", "numpy", "python"} <= set(results["versions"])
    assert set(results["machine"]) == {"processor", "cores"}
    assert [row["size"] for row in results["rows"]] == ["spiral"]


def test_a_chart_as_svg(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*SMALL, "--chart", "chart.svg"]) == 0
    assert "Chart: chart.svg" in capsys.readouterr().out
    text = Path("chart.svg").read_text(encoding="utf-8")
    assert "The spiral network: adam" in text
    assert "<svg" in text


def test_a_rule_of_ones_own(capsys: pytest.CaptureFixture[str]) -> None:
    Path("mine.py").write_text(
        "from adamas import learning_rate, rule\n\n\n@rule\n"
        "def mine(p, g, *, lr=learning_rate(0.1)):\n"
        '    """Step."""\n    return p - lr * g\n'
    )
    assert main([*SMALL, "--rules", "mine.py:mine"]) == 0
    out = capsys.readouterr().out
    assert "the spiral network, mine" in out
    assert "Left out: numpy: no tutorial's loop is written for mine." in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--sizes", "1k"], "unknown size '1k'. Did you mean '1m'?"),
        (["--rules", "adamm"], "unknown rule 'adamm'. Did you mean 'adam'?"),
        (["--rules", "adam:lr=-1"], "lr"),
        (["--contestants", "numpi"], "unknown contestant 'numpi'. Did you mean 'numpy'?"),
        (["--rounds", "0"], "--rounds is a whole number of at least 1; got 0."),
        (["--seconds", "-1"], "--seconds is above 0 and at most 3600; got -1."),
        (["--seconds", "0"], "--seconds is above 0 and at most 3600; got 0."),
        (["--seconds", "1", "--rounds", "1"], "give one of them"),
        (["--chart", "chart.gif"], "--chart is a .png or .svg file; got 'chart.gif'."),
        (["--out", "there.json"], "there.json exists and is left alone. Give --force"),
    ],
)
def test_errors_are_one_line(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("there.json").write_text("mine")
    assert main(["bench", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("adamas: ")
    assert err.count("\n") == 1
    assert message in err
    assert Path("there.json").read_text() == "mine"


def test_force_replaces(capsys: pytest.CaptureFixture[str]) -> None:
    Path("there.json").write_text("mine")
    assert main([*SMALL, "--out", "there.json", "--force", "--json"]) == 0
    assert Path("there.json").read_text() == capsys.readouterr().out


def test_an_interrupt_keeps_what_is_measured(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = bench_table.print_row
    calls = []

    def interrupt(row, console=None):
        if calls:
            raise KeyboardInterrupt
        calls.append(row)
        shown(row, console)

    monkeypatch.setattr(bench_table, "print_row", interrupt)
    assert main([*SMALL, "--rules", "adam,lion,sgd", "--out", "kept.json"]) == 130
    assert "interrupted; what was measured is kept" in capsys.readouterr().err
    kept = json.loads(Path("kept.json").read_text())
    assert kept["interrupted"] is True
    assert [row["work"] for row in kept["rows"]] == ["adam", "lion"]


def test_words() -> None:
    assert [duration(s) for s in (2.5, 0.0999951, 3.21e-5, 4e-8)] == [
        "2.50 s",
        "100 ms",
        "32.1 µs",
        "40.0 ns",
    ]
    assert [three(x) for x in (0.954, 9.996, 99.96, 1234.5)] == ["0.95", "10.0", "100", "1,234"]
    assert [count(1, "thread"), count(1000, "tensor")] == ["1 thread", "1,000 tensors"]


def test_bars_are_as_long_as_the_time_and_end_somewhere() -> None:
    assert bench_table.bar(1.0) == "███"
    assert bench_table.bar(0.125) == "▍"
    assert bench_table.bar(1000.0) == "█" * 23 + "▶"
    assert len(bench_table.bar(8.0)) == 24
