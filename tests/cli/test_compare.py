"""`adamas compare` as a user runs it: what is printed, what is written, and how it ends."""

import json
import shlex
import subprocess
import sys
import webbrowser
from pathlib import Path

import pytest
from safetensors.numpy import load_file

import adamas.report
from adamas import lab
from adamas.cli.compare import parse_target, parse_watch

QUICK = ("compare", "digits", "--epochs", "2")


def test_compare_digits_end_to_end(tmp_path: Path) -> None:
    """In a process of its own, with the page that it draws."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "adamas.cli", *QUICK],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    page = tmp_path / "runs/digits/report.html"
    assert f"Page: {page.relative_to(tmp_path)}" in done.stdout
    assert page.stat().st_size > 10_000
    for label in ("momentum", "rmsprop", "adam"):
        assert label in done.stdout
        parameters = load_file(page.parent / "parameters" / f"{label}.safetensors")
        assert parameters["hidden1/weight"].shape == (64, 64)


def test_json_is_alone_on_stdout_and_is_what_was_written(run, tmp_path: Path) -> None:
    outcome = run(*QUICK, "--rules", "adam,sgd", "--json")
    assert (outcome.code, outcome.err) == (0, "")
    printed = json.loads(outcome.out)
    assert printed == json.loads((tmp_path / "runs/digits/results.json").read_text())
    assert [one["label"] for one in printed["runs"]] == ["adam", "sgd"]


def test_the_recorded_command_repeats_the_comparison(run, tmp_path: Path) -> None:
    first = json.loads(
        run(
            *QUICK, "--rules", "adam:lr=0.01", "--seed", "7", "--watch", "output/bias[3]", "--json"
        ).out
    )
    words = shlex.split(first["command"])
    assert words[:3] == ["adamas", "compare", "digits"]
    second = json.loads(run(*words[1:], "--out", "again", "--json").out)
    assert second["watch"] == {"parameter": "output/bias", "index": [3]}
    assert second["runs"][0]["epochs"] == first["runs"][0]["epochs"]


def test_seeds_are_repeated_by_the_recorded_command(run) -> None:
    first = json.loads(
        run("compare", "quadratic:condition=10:rotated=true", "--rules", "sgd", "--epochs", "1",
            "--seed", "4", "--seeds", "2", "--json").out
    )  # fmt: skip
    assert first["workload"] == "quadratic:condition=10:rotated=true"
    assert [one["seed"] for one in first["runs"]] == [4, 5]
    words = shlex.split(first["command"])
    assert "--batch-size" not in words
    second = json.loads(run(*words[1:], "--out", "again", "--json").out)
    assert [one["epochs"] for one in second["runs"]] == [one["epochs"] for one in first["runs"]]


def test_the_table_of_several_seeds_has_bands_and_counts_what_diverged(run, tmp_path) -> None:
    rules = "sgd:lr=0.0005,sgd:lr=0.1"
    outcome = run("compare", "rosenbrock", "--rules", rules, "--epochs", "2", "--seeds", "3")
    assert (outcome.code, outcome.err) == (0, "")
    assert "medians of three seeds" in outcome.out
    assert "Below a median: lowest … highest seed." in outcome.out
    assert outcome.out.count(" … ") == 3
    assert "3 of 3 diverged" in outcome.out
    assert (tmp_path / "runs/rosenbrock/results.json").is_file()


def test_options_of_a_workload_are_in_the_name_of_its_folder(run, tmp_path: Path) -> None:
    assert run("compare", "quadratic:condition=10", "--rules", "sgd", "--epochs", "1").code == 0
    assert (tmp_path / "runs/quadratic-condition=10/results.json").is_file()


@pytest.mark.parametrize("found", [True, False])
def test_open_shows_the_page_in_the_browser(run, monkeypatch, tmp_path: Path, found: bool) -> None:
    opened: list[str] = []

    def show(address: str) -> bool:
        opened.append(address)
        return found

    monkeypatch.setattr(webbrowser, "open", show)
    outcome = run("compare", "quadratic", "--rules", "sgd", "--epochs", "1", "--open")
    assert outcome.code == 0
    assert opened == [(tmp_path / "runs/quadratic/report.html").as_uri()]
    assert ("found no browser" in outcome.err) != found


def test_the_table_says_what_each_rule_reached(run) -> None:
    outcome = run("compare", "digits", "--epochs", "3", "--target", "accuracy=0.9", "--seed", "1")
    lines = {line.split()[0]: line for line in outcome.out.splitlines() if line.strip()}
    for label in ("momentum", "rmsprop", "adam"):
        assert lines[label].count("%") == 3
    assert "Page: runs/digits/report.html" in outcome.out


def test_a_rule_that_diverges_is_in_the_table(run) -> None:
    outcome = run(*QUICK, "--rules", "sgd:lr=1e30")
    assert outcome.code == 0
    assert "diverged" in outcome.out


def test_rules_of_the_users_own(run, my_rules: Path) -> None:
    text = "my_rules.py:my_rule,my_rules.py:my_rule:lr=0.01,my_rules.py:my_chain"
    outcome = run(*QUICK, "--rules", text, "--json")
    assert (outcome.code, outcome.err) == (0, "")
    first, second, third = json.loads(outcome.out)["runs"]
    assert (first["label"], second["label"]) == ("my_rule lr=0.001", "my_rule lr=0.01")
    assert first["rule"] == "my_rules.py:my_rule"
    assert first["summary"] == "Step along the sign of the average gradient."
    assert "sign" in first["mathematics"]
    assert third["label"] == "my_chain"
    assert third["hyperparameters"]["clip_global_norm.max_norm"] == 0.5
    assert len({json.dumps(one["final"]) for one in (first, second, third)}) == 3


def test_an_existing_folder_is_left_alone(run, tmp_path: Path) -> None:
    run(*QUICK, "--rules", "adam")
    results = tmp_path / "runs/digits/results.json"
    before = results.read_bytes()
    refused = run(*QUICK, "--rules", "sgd")
    assert refused.code == 2
    assert "--force" in refused.err
    assert results.read_bytes() == before
    assert run(*QUICK, "--rules", "sgd", "--force").code == 0
    assert json.loads(results.read_text())["runs"][0]["label"] == "sgd"


def interrupt_at(monkeypatch: pytest.MonkeyPatch, run_number: int, epoch: int) -> None:
    """Press Ctrl-C when that epoch of that run has ended."""
    original = lab.compare

    def compare(*arguments, progress, **named):
        def tell(now: lab.Progress) -> None:
            progress(now)
            if (now.run, now.epoch) == (run_number, epoch):
                raise KeyboardInterrupt

        return original(*arguments, progress=tell, **named)

    monkeypatch.setattr(lab, "compare", compare)


def test_ctrl_c_writes_what_is_finished(run, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Path] = []
    monkeypatch.setattr(adamas.report, "write", drawn.append)
    interrupt_at(monkeypatch, run_number=1, epoch=1)
    outcome = run("compare", "digits", "--epochs", "3", "--json")
    assert outcome.code == 130
    assert outcome.err == "adamas: interrupted; what was finished is written.\n"
    results = json.loads(outcome.out)
    assert [(one["status"], len(one["epochs"])) for one in results["runs"]] == [
        ("finished", 4),
        ("interrupted", 2),
    ]
    assert drawn == [Path("runs/digits")]


def test_ctrl_c_before_anything_is_finished_writes_nothing(
    run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    interrupt_at(monkeypatch, run_number=0, epoch=0)
    outcome = run(*QUICK)
    assert outcome.code == 130
    assert outcome.err == "adamas: interrupted before an epoch was finished; nothing written.\n"
    assert not (tmp_path / "runs").exists()


def test_progress_is_shown_on_a_terminal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """On a pseudo-terminal, where rich draws: rule, epoch, loss and time left."""
    pty = pytest.importorskip("pty")
    import os

    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "adamas.cli", "compare", "spiral", "--epochs", "9", "--json"]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120"}
    with subprocess.Popen(
        [*command, "--rules", "adam"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=follower,
        env=environment,
    ) as process:
        os.close(follower)
        shown = b""
        while True:
            try:
                part = os.read(leader, 4096)
            except OSError:  # the other end is closed
                break
            if not part:
                break
            shown += part
        assert process.stdout is not None
        assert json.loads(process.stdout.read())["runs"][0]["status"] == "finished"
    os.close(leader)
    assert process.returncode == 0
    for word in (b"adam (1 of 1)", b"epoch 9/9", b"loss", b"left"):
        assert word in shown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hidden1/weight[3,4]", ("hidden1/weight", (3, 4))),
        (" output/bias[ 3 ]", ("output/bias", (3,))),
        ("x", ("x", ())),
        ("x[]", ("x", ())),
    ],
)
def test_watch_is_a_path_and_an_index(text: str, expected: tuple) -> None:
    assert parse_watch(text) == expected


def test_target_is_a_metric_and_a_value() -> None:
    assert parse_target("test_accuracy=0.97") == ("test_accuracy", 0.97)
