"""The commands and their options: arguments come in, an exit code goes out; work is done elsewhere.

Everything but typer is imported where a command runs, so that help appears at once.
"""

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from adamas.errors import AdamasError

HELP = """Write an optimizer once, and see what it does.

\b
Examples:
  adamas compare spiral          train a network with three rules, and write a report
  adamas list rules              what there is to compare
  adamas show adam --as latex    the mathematics of a rule
"""

app = typer.Typer(
    name="adamas",
    help=HELP,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)

RULES_HELP = (
    "Rules with commas between them, hyperparameters behind colons: "
    "adam,rmsprop:lr=0.01:decay=0.99. A rule of your own is my_rules.py:my_rule. "
    "What is left out has the rule's own default."
)


@app.command(short_help="Train with several rules, side by side, and write a report.")
def compare(
    workload: Annotated[str, typer.Argument(help="What to train; see: adamas list workloads.")],
    rules: Annotated[
        str | None, typer.Option(help=RULES_HELP, metavar="RULES", show_default="the workload's")
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(metavar="N", help="Passes over the examples.")
    ] = None,
    batch_size: Annotated[
        int | None, typer.Option(metavar="N", help="Examples in a minibatch.")
    ] = None,
    seed: Annotated[
        int, typer.Option(metavar="S", help="Decides the start and the order of the minibatches.")
    ] = 0,
    watch: Annotated[
        str | None,
        typer.Option(
            metavar="PARAM[i,j]", help="The element at which the inside of each rule is recorded."
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(metavar="METRIC=VALUE", help="How soon is this reached: accuracy=0.99."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="The folder to write.", show_default="runs/WORKLOAD"),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the folder of an earlier comparison.")
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print results.json on stdout, and nothing else there.")
    ] = False,
) -> int:
    """Train the same network with several rules, side by side, and write a report.

    All rules start from the same parameters and see the same minibatches in the same order.

    \b
    Examples:
      adamas compare spiral
      adamas compare digits --epochs 10 --seed 3
      adamas compare spiral --rules adam:lr=0.005,my_rules.py:my_rule --out runs/mine
      adamas compare spiral --rules "adam:lr=0.01,adam:lr=0.01*warmup(100)*cosine(2240)"
      adamas compare spiral --watch "hidden1/weight[0,7]" --target loss=0.01 --force
      adamas compare digits --json > digits.json
    """
    from adamas.cli.compare import Request, run_comparison

    return run_comparison(
        Request(workload, rules, epochs, batch_size, seed, watch, target, out, force, json)
    )


@app.command("list", short_help="List rules, workloads or pieces.")
def list_(
    what: Annotated[str, typer.Argument(metavar="rules|workloads|pieces", help="What to list.")],
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> int:
    """List the rules, the workloads, or the pieces that rules are chained with.

    \b
    Examples:
      adamas list rules
      adamas list workloads --json
    """
    from adamas.cli.listing import print_list

    return print_list(what, json)


@app.command()
def show(
    rule: Annotated[str, typer.Argument(help="A rule or a piece: adam, my_rules.py:my_rule.")],
    notation: Annotated[
        str | None,
        typer.Option(
            "--as",
            metavar="math|latex|python|llvm|asm|cost",
            help="Print the update alone: as mathematics, as code, or what it costs.",
        ),
    ] = None,
    dtype: Annotated[
        str,
        typer.Option(
            "--type",
            metavar="TYPE",
            help="The parameters' type for llvm, asm and cost: float64, float32, float16, bfloat16.",
        ),
    ] = "float32",
) -> int:
    """Show what a rule computes, and its hyperparameters.

    \b
    Examples:
      adamas show adam
      adamas show adam --as latex
      adamas show my_rules.py:my_rule --as python
      adamas show adamw --as cost --type bfloat16
    """
    from adamas.cli.show import print_rule

    return print_rule(rule, notation, dtype)


def run(arguments: list[str]) -> int:
    """Run a command. What the user can mend is one line on stderr and exit code 2."""
    try:
        code: Any = app(arguments or ["--help"], prog_name="adamas", standalone_mode=False)
        sys.stdout.flush()
        return int(code or 0)
    except (KeyboardInterrupt, typer.Abort):
        return _fail("interrupted.", 130)
    except AdamasError as error:
        return _fail(str(error))
    except BrokenPipeError:
        # Whoever read the output has gone (`adamas list rules | head`): not worth a word.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141  # 128 + SIGPIPE, as programs that die of it
    except OSError as error:
        return _fail(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    except ModuleNotFoundError as error:
        if error.name in ("matplotlib", "pyarrow", "jinja2", "sklearn"):
            return _fail(f"{error.name} is not installed. Run: pip install 'adamas[lab]'")
        raise
    except Exception as error:
        # Wrong options: click's own errors, whichever click this version of typer carries.
        if not hasattr(error, "format_message"):
            raise
        return _fail(error.format_message())


def _fail(message: str, code: int = 2) -> int:
    line = " ".join(part.strip() for part in message.splitlines() if part.strip())
    print(f"adamas: {line}", file=sys.stderr)
    return code
