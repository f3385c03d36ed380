"""The commands and their options: arguments come in, an exit code goes out; work is done elsewhere.

Everything but typer is imported where a command runs, so that help appears at once.
"""

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from adamas.errors import AdamasError, OptionError

HELP = """Write an optimizer once, and see what it does.

\b
Examples:
  adamas compare spiral          train a network with three rules, and write a report
  adamas list rules              what there is to compare
  adamas show adam --as latex    the mathematics of a rule
  adamas bench --quick           how fast this machine steps, and by whom
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
    workload: Annotated[
        str,
        typer.Argument(
            help="What to train; see: adamas list workloads. Some have options: "
            "quadratic:condition=1000:rotated=true."
        ),
    ],
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
    seeds: Annotated[
        int, typer.Option(metavar="K", help="Repeat with K seeds: S, S + 1, ...; then medians.")
    ] = 1,
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
    show: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
) -> int:
    """Train the same network with several rules, side by side, and write a report.

    All rules start from the same parameters and see the same minibatches in the same order; with
    several seeds this holds for each seed.

    \b
    Examples:
      adamas compare spiral
      adamas compare digits --epochs 10 --seed 3
      adamas compare mnist --epochs 5 --seeds 3
      adamas compare quadratic:condition=1000 --rules sgd:lr=1.9,adam:lr=0.1 --open
      adamas compare spiral --rules adam:lr=0.005,my_rules.py:my_rule --out runs/mine
      adamas compare spiral --rules "adam:lr=0.01,adam:lr=0.01*warmup(100)*cosine(2240)"
      adamas compare spiral --watch "hidden1/weight[0,7]" --target loss=0.01 --force
      adamas compare digits --json > digits.json
    """
    from adamas.cli.compare import Request, run_comparison

    return run_comparison(
        Request(
            workload, rules, epochs, batch_size, seed, seeds, watch, target, out, force, json, show
        )
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
    rule: Annotated[
        str | None, typer.Argument(help="A rule or a piece: adam, my_rules.py:my_rule.")
    ] = None,
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
            help="The parameters' type for llvm, asm, cost: float64, float32, float16, bfloat16.",
        ),
    ] = "float32",
    schedule: Annotated[
        str | None,
        typer.Option(metavar="SCHEDULE", help="Show a schedule instead of a rule."),
    ] = None,
    steps: Annotated[
        int | None, typer.Option(metavar="N", help="How many steps of the schedule to show.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw the schedule: a .png, .svg or .pdf.")
    ] = None,
) -> int:
    """Show what a rule computes, and its hyperparameters; or a schedule.

    \b
    Examples:
      adamas show adam
      adamas show adam --as latex
      adamas show my_rules.py:my_rule --as python
      adamas show adamw --as cost --type bfloat16
      adamas show --schedule "3e-4*warmup(100)*cosine(1000)" --out schedule.png
    """
    if schedule is not None:
        from adamas.cli.schedule import print_schedule

        return print_schedule(schedule, steps, out)
    if rule is None:
        raise OptionError("show what? Name a rule, for example adam, or give --schedule.")
    from adamas.cli.show import print_rule

    return print_rule(rule, notation, dtype)


@app.command(short_help="Measure this machine: us, the peers, and the memory's limit.")
def bench(
    sizes: Annotated[
        str | None,
        typer.Option(
            metavar="SIZES",
            help="With commas between them: 67m, gpt2, resnet, 1000x1000, 1m, spiral.",
            show_default="a choice of all",
        ),
    ] = None,
    rules: Annotated[
        str | None,
        typer.Option(
            metavar="RULES",
            help="As in compare, or all; besides chain (clip by global norm, adamw, averaged "
            "weights), denormal (adam, its moments decayed into denormals), bfloat16, float16.",
            show_default="adamw",
        ),
    ] = None,
    contestants: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="limit, numpy, torch, torch-foreach, torch-fused, optax, keras; we always are.",
            show_default="all that are installed",
        ),
    ] = None,
    seconds: Annotated[
        float | None,
        typer.Option(metavar="S", help="Time of turns in each line-up.", show_default="4"),
    ] = None,
    rounds: Annotated[
        int | None, typer.Option(metavar="N", help="Rounds of turns, instead of a time.")
    ] = None,
    fresh_gradients: Annotated[
        bool, typer.Option("--fresh-gradients", help="Gradients are new arrays at every step.")
    ] = False,
    quick: Annotated[
        bool, typer.Option("--quick", help="Few line-ups, and less time for each.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE.json", help="Write all numbers to a file.")
    ] = None,
    chart: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw a chart, .png or .svg.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace files that exist.")] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print JSON on stdout, and nothing else there.")
    ] = False,
) -> int:
    """Measure this machine: us, the peers, and the memory's limit.

    All contestants take turns in one run, after each was checked to compute the same formula. The
    limit is a kernel that moves the same bytes and computes next to nothing. Sizes and rules that
    are named are all measured with one another; without either there is a choice.

    \b
    Examples:
      adamas bench
      adamas bench --quick --chart bench.png
      adamas bench --sizes 67m,1m --rules adamw,lion --seconds 10
      adamas bench --sizes resnet --rules all --contestants torch,torch-fused
      adamas bench --sizes 1000x1000 --fresh-gradients --json > bench.json
    """
    from adamas.cli.bench import BenchRequest, run_bench

    return run_bench(
        BenchRequest(
            sizes,
            rules,
            contestants,
            seconds,
            rounds,
            fresh_gradients,
            quick,
            out,
            chart,
            force,
            json,
        )
    )


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
