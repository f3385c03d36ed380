"""`adamas bench`: options come in; tables as they are measured, JSON and a chart go out."""

import json
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from adamas import bench
from adamas.errors import OptionError


@dataclass(frozen=True)
class BenchRequest:
    """The options as they were typed; None where one was left out."""

    sizes: str | None
    rules: str | None
    contestants: str | None
    seconds: float | None
    rounds: int | None
    fresh_gradients: bool
    quick: bool
    out: Path | None
    chart: Path | None
    force: bool
    json: bool


def run_bench(request: BenchRequest) -> int:
    """Measure, print and save; return 0, or 130 after Ctrl-C, which keeps what is measured."""
    _check(request)
    rows = bench.rows(
        request.sizes, request.rules, fresh=request.fresh_gradients, quick=request.quick
    )
    contestants = bench.read_contestants(request.contestants)
    seconds = request.seconds or (1.5 if request.quick else 4.0)
    results: dict[str, Any] = {
        "command": _command(request),
        **bench.environment(),
        "seconds_per_row": None if request.rounds else seconds,
        "interrupted": False,
        "rows": [],
    }
    from adamas.cli import bench_table

    try:
        with _progress_bar() as (tell, console):
            measured = bench.bench(
                rows,
                contestants,
                seconds=seconds,
                rounds=request.rounds,
                least=2 if request.quick else 3,
                tell=tell,
            )
            for row in measured:
                results["rows"].append(row)
                if not request.json:
                    bench_table.print_row(row, console)
    except KeyboardInterrupt:
        results["interrupted"] = True
        if not results["rows"]:
            raise
    _write(request, results)
    if results["interrupted"]:
        print("adamas: interrupted; what was measured is kept.", file=sys.stderr)
        return 130
    return 0


def _write(request: BenchRequest, results: dict[str, Any]) -> None:
    """Print what stands below the tables, or JSON; write the files that were asked for."""
    from adamas.cli import bench_table

    text = json.dumps(results, indent=2, allow_nan=False)
    if request.json:
        print(text, flush=True)
    else:
        bench_table.print_end(results)
    if request.out:
        request.out.parent.mkdir(parents=True, exist_ok=True)
        request.out.write_text(text + "\n", encoding="utf-8")
    if request.chart:
        from adamas.bench.chart import draw

        draw(results, request.chart)
    if not request.json:
        for name, path in (("Numbers", request.out), ("Chart", request.chart)):
            if path:
                print(f"{name}: {path}")


def _check(request: BenchRequest) -> None:
    """Refuse now what would fail after minutes of measuring."""
    for path in (request.out, request.chart):
        if path and path.exists() and not request.force:
            raise OptionError(f"{path} exists and is left alone. Give --force to replace it.")
    if request.chart and request.chart.suffix not in (".png", ".svg"):
        raise OptionError(f"--chart is a .png or .svg file; got '{request.chart}'.")
    if request.seconds is not None and request.rounds is not None:
        raise OptionError("--seconds and --rounds say the same thing twice: give one of them.")
    if request.seconds is not None and not 0 < request.seconds <= 3600:
        raise OptionError(f"--seconds is above 0 and at most 3600; got {request.seconds:g}.")
    if request.rounds is not None and request.rounds < 1:
        raise OptionError(f"--rounds is a whole number of at least 1; got {request.rounds}.")


def _command(request: BenchRequest) -> str:
    """Return the line that repeats this measurement; where it was written to is left out."""
    line = ["adamas", "bench"]
    for field in fields(request):
        value = getattr(request, field.name)
        if value in (None, False) or field.name in ("out", "chart", "force", "json"):
            continue
        line.append(f"--{field.name.replace('_', '-')}")
        line += [] if value is True else [str(value)]
    return shlex.join(line)


@contextmanager
def _progress_bar() -> Iterator[tuple[Any, Any]]:
    """Yield a function that shows a `Progress`, and the console that shares the screen with it."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    shown = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=shown, transient=True, disable=not shown.is_terminal) as bar:
        task = bar.add_task("loading")

        def tell(now: bench.Progress) -> None:
            bar.update(
                task,
                total=now.rows,
                completed=now.row + now.fraction,
                description=f"{now.row + 1} of {now.rows}, {now.what}",
            )

        # Where both are the terminal the bar must know what is printed above it.
        both = shown.is_terminal and sys.stdout.isatty()
        yield tell, (bar.console if both else None)
