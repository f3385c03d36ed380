"""Whatever is wrong on the command line: one line on stderr, nothing on stdout, exit code 2."""

import builtins
from pathlib import Path

import pytest

from adamas.cli import main

WRONG = [
    ("compare spirl", "unknown workload 'spirl'. Did you mean 'spiral'?"),
    ("compare", "Missing argument"),
    ("comapre spiral", "Did you mean 'compare'?"),
    ("compare spiral --rulse adam", "No such option: --rulse"),
    ("compare spiral --epochs many", "--epochs"),
    ("compare spiral --epochs 0", "epochs is a whole number of at least 1; got 0"),
    ("compare spiral --batch-size 0", "batch_size is a whole number of at least 1; got 0"),
    ("compare spiral --seed -1", "seed is a whole number of at least 0; got -1"),
    ("compare spiral --seeds 0", "seeds is a whole number of at least 1; got 0"),
    ("compare quadratic --batch-size 4", "quadratic has no examples"),
    ("compare quadratic:conditon=4", "no option 'conditon'. Did you mean 'condition'?"),
    ("compare quadratic:rotated=yes", "rotated is true or false; got 'yes'"),
    ("compare rosenbrock --target accuracy=1", "does not measure 'accuracy'"),
    ("compare spiral --rules adm", "unknown rule 'adm'. Did you mean 'adam'?"),
    ("compare spiral --rules adam,", "a rule without a name"),
    ("compare spiral --rules adam,adam", "given twice"),
    ("compare spiral --rules adam,adam:lr=1e-3", "given twice"),
    ("compare spiral --rules adam:0.1", "'0.1' is not name=value"),
    ("compare spiral --rules adam:lrr=0.1", "no hyperparameter 'lrr'. Did you mean 'lr'?"),
    ("compare spiral --rules adam:lr=-1", "[0, ∞)"),
    ("compare spiral --rules adam:beta1=1", "[0, 1)"),
    ("compare spiral --rules adam:lr=nan", "got nan"),
    ("compare spiral --rules adam:lr=fast", "'fast'"),
    ("compare spiral --rules adam:lr=warmup(0)", "warmup"),
    ("compare spiral --rules clip_value", "is a piece, not a rule"),
    ("compare spiral --rules none.py:rule", "there is no file none.py"),
    ("compare spiral --rules my_rules.py", "my_rules.py:my_rule"),
    ("compare spiral --rules my_rules.py:my_rul", "Did you mean 'my_rule'?"),
    ("compare spiral --rules my_rules.py:my_piece", "is a piece, not a rule"),
    ("compare spiral --rules adam,my_rules.py:broken", "my_rules.py:15: 'if'"),
    ("compare spiral --watch hidden1/wait[0,0]", "Did you mean 'hidden1/weight'?"),
    ("compare spiral --watch hidden1/weight[0]", "Give 2 indices"),
    ("compare spiral --watch hidden1/bias[32]", "(32,)"),
    ("compare spiral --watch hidden1/weight[0", "a path and an index"),
    ("compare spiral --target acuracy=1", "Did you mean 'accuracy'?"),
    ("compare spiral --target test_accuracy=1", "does not measure 'test_accuracy'"),
    ("compare spiral --target accuracy", "a metric and a number"),
    ("compare spiral --target accuracy=nan", "finite"),
    ("compare spiral --out my_rules.py", "is a file"),
    ("compare spiral --out . --force", "'my_rules.py', which no comparison wrote"),
    ("compare spiral --epochs 1 --rules sgd --out my_rules.py/below", "my_rules.py"),
    ("list rule", "Did you mean 'rules'?"),
    ("list", "Missing argument"),
    ("show adm", "Did you mean 'adam'?"),
    ("show adam --as latx", "Did you mean 'latex'?"),
    ("show my_rules.py:broken", "my_rules.py:15"),
    ("show adam:lr=-1", "[0, ∞)"),
]


@pytest.mark.parametrize(("command", "words"), WRONG)
def test_an_error_is_one_line_that_helps(
    run, my_rules: Path, tmp_path: Path, command: str, words: str
) -> None:
    outcome = run(*command.split())
    assert outcome.code == 2
    assert outcome.out == ""
    assert outcome.err.startswith("adamas: ")
    assert outcome.err.count("\n") == 1
    assert words in outcome.err
    assert [path.name for path in tmp_path.iterdir()] == ["my_rules.py"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "import nothing_here\n",
            "wrong.py:1: ModuleNotFoundError: No module named 'nothing_here'",
        ),
        ("from adamas import rule\n\ndef f(:\n", "wrong.py:3: SyntaxError: invalid syntax"),
        ("x = 1\n\n1 / 0\n", "wrong.py:3: ZeroDivisionError: division by zero"),
        (
            "from adamas import rule\n@rule\ndef f(p, g, m=3):\n    pass\n",
            "wrong.py:2: the slot 'm'",
        ),
        ("x = 1\n", "wrong.py has no rule 'f'. Nothing in it is declared with @rule."),
        ("from adamas.rules import *\n", "wrong.py has no rule 'f'."),
    ],
)
def test_an_error_in_the_users_file_names_its_line(run, tmp_path, text: str, words: str) -> None:
    (tmp_path / "wrong.py").write_text(text)
    outcome = run("show", "wrong.py:f")
    assert (outcome.code, outcome.out, outcome.err.count("\n")) == (2, "", 1)
    assert words in outcome.err


def test_without_typer_one_line_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    original = builtins.__import__

    def without_typer(name: str, *arguments, **named):
        if name == "typer":
            raise ImportError(name)
        return original(name, *arguments, **named)

    monkeypatch.setattr(builtins, "__import__", without_typer)
    assert main(["--help"]) == 2
    assert capsys.readouterr().err == (
        "adamas: the command line needs typer and rich. Run: pip install 'adamas[lab]'\n"
    )
