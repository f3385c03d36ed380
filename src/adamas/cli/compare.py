"""`adamas compare`: options come in; a folder with records and page, and a table, go out."""

import re
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adamas import lab, workloads
from adamas.errors import OptionError
from adamas.lab.contestants import contestants
from adamas.lab.training import Watch
from adamas.workloads import Workload


@dataclass(frozen=True)
class Request:
    """The options as they were typed; None where one was left out."""

    workload: str
    rules: str | None
    epochs: int | None
    batch_size: int | None
    seed: int
    seeds: int
    watch: str | None
    target: str | None
    out: Path | None
    force: bool
    json: bool
    open: bool


def run_comparison(request: Request) -> int:
    """Train, save and draw; return 0, or 130 after Ctrl-C, which keeps what is finished."""
    workload = workloads.get(request.workload)
    directory = request.out or Path("runs") / workload.name.replace(":", "-")
    rules = ",".join(workload.rules) if request.rules is None else request.rules
    entered = contestants(rules)
    lab.refuse_to_overwrite(directory, force=request.force)
    with _progress_bar(request.seeds) as tell:
        comparison = lab.compare(
            workload,
            entered,
            epochs=request.epochs,
            batch_size=request.batch_size,
            seed=request.seed,
            seeds=request.seeds,
            watch=parse_watch(request.watch) if request.watch else None,
            target=parse_target(request.target) if request.target else None,
            progress=tell,
        )
    if not comparison.runs:
        print("adamas: interrupted before an epoch was finished; nothing written.", file=sys.stderr)
        return 130
    lab.save(
        comparison, directory, force=request.force, command=_command(request, comparison, rules)
    )
    if request.json:
        print((directory / "results.json").read_text(encoding="utf-8"), end="", flush=True)
    else:
        from adamas.cli.table import print_table
        from adamas.report.load import load

        print_table(load(directory))
    _draw(directory)
    if not request.json:
        print(f"Page: {directory / 'report.html'}")
    if request.open:
        _open(directory / "report.html")
    if comparison.interrupted:
        print("adamas: interrupted; what was finished is written.", file=sys.stderr)
        return 130
    return 0


def _draw(directory: Path) -> None:
    from rich.console import Console

    from adamas import report

    # On a terminal a spinner: drawing takes some seconds.
    with Console(stderr=True).status("Drawing the page"):
        report.write(directory)


def _open(page: Path) -> None:
    import webbrowser

    if not webbrowser.open(page.resolve().as_uri()):
        print(f"adamas: found no browser to open {page} with.", file=sys.stderr)


def parse_watch(text: str) -> Watch:
    """Read "hidden1/weight[3,4]": a path and an index."""
    matched = re.fullmatch(r"([^\[\]]+)(?:\[\s*(\d+(?:\s*,\s*\d+)*)?\s*\])?", text.strip())
    if matched is None:
        raise OptionError(f"--watch is a path and an index, hidden1/weight[3,4]; got '{text}'.")
    path, inside = matched.groups()
    return path.strip(), tuple(int(i) for i in inside.split(",")) if inside else ()


def parse_target(text: str) -> tuple[str, float]:
    """Read "accuracy=0.99": a metric and a value."""
    metric, _, value = text.partition("=")
    try:
        return metric.strip(), float(value)
    except ValueError:
        raise OptionError(
            f"--target is a metric and a number, accuracy=0.99; got '{text}'."
        ) from None


def _command(request: Request, comparison: lab.Comparison, rules: str) -> str:
    """Return the line that repeats this comparison, defaults spelled out."""
    workload: Workload = comparison.workload
    path, index = comparison.watch
    metric, value = comparison.target
    line = ["adamas", "compare", workload.name, "--rules", rules]
    line += ["--epochs", str(comparison.epochs)]
    line += ["--batch-size", str(comparison.batch_size)] if comparison.batch_size else []
    line += ["--seed", str(comparison.seed)]
    line += ["--seeds", str(len(comparison.seeds))] if len(comparison.seeds) > 1 else []
    line += ["--target", f"{metric}={value:g}"]
    line += ["--watch", f"{path}[{','.join(str(i) for i in index)}]"]
    line += ["--out", str(request.out)] if request.out else []
    return shlex.join(line)


@contextmanager
def _progress_bar(seeds: int) -> Iterator[Any]:
    """Yield a function that shows a `Progress`; on stderr, and only where somebody looks."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.fields[label]}"),
        BarColumn(),
        TextColumn("epoch {task.fields[epoch]}"),
        TextColumn("loss {task.fields[loss]}"),
        TimeRemainingColumn(),
        TextColumn("left"),
    )
    console = Console(stderr=True)
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("", total=None, label="", epoch="", loss="")

        def tell(now: lab.Progress) -> None:
            seed = f", seed {now.seed}" if seeds > 1 else ""
            bar.update(
                task,
                total=now.runs * now.epochs,
                completed=now.run * now.epochs + now.epoch,
                label=f"{now.label}{seed} ({now.run + 1} of {now.runs})",
                epoch=f"{now.epoch}/{now.epochs}",
                loss="is not finite" if now.loss is None else f"{now.loss:.4g}",
            )

        yield tell
