"""The table at the end of `adamas compare`: one line for each rule, and its band below a median."""

import math
import sys

from adamas.report.numerals import counted
from adamas.report.results import Results, Run
from adamas.report.seeds import extremes, failed, final_band


def print_table(results: Results) -> None:
    """Print final and best figures, the way to the target, and the time of a step."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    runs = results.runs
    metric, value = results.target
    metrics = [m for m in ("loss", "accuracy", "test_accuracy") if m in runs[0].epochs]
    best = metrics[-1]
    troubled = any(one.status != "finished" for run in runs for one in run.each)
    table = Table(
        title=f"{results.title}, {results.epochs} epochs, {_seeds(results)}",
        title_justify="left",
        caption=_band_words(results),
        caption_justify="left",
        box=box.SIMPLE_HEAD,
        padding=(0, 1),
        pad_edge=False,
    )
    table.add_column("rule", overflow="fold", min_width=8, vertical="bottom")
    headers = [
        *(_words(name) for name in metrics),
        f"best {_words(best)}\n(epoch)",
        f"steps to\n{_words(metric)}\n{value:g}",
        "µs a\nstep",
    ]
    for header in headers:
        table.add_column(header, justify="right", no_wrap=True, vertical="bottom")
    if troubled:
        table.add_column("status", no_wrap=True, vertical="bottom")
    for run in runs:
        cells = [
            run.label,
            *(_final(results, run, name) for name in metrics),
            _best(run, best),
            f"{run.reached['steps']:,}" if run.reached else "–",
            f"{1e6 * run.seconds_per_step:.0f}" if run.seconds_per_step else "",
            *([_status(run)] if troubled else []),
        ]
        # Medians stand on one line, with their bands below.
        table.add_row(
            *(f"{cell}\n" if results.repeated and "\n" not in cell else cell for cell in cells)
        )
    # A file or a pipe has no width to keep to.
    Console(highlight=False, width=None if sys.stdout.isatty() else 160).print(table)


def _seeds(results: Results) -> str:
    if not results.repeated:
        return f"seed {results.seed}"
    return f"medians of {counted(len(results.seeds), 'seed')}"


def _band_words(results: Results) -> str | None:
    if not results.repeated:
        return None
    ends = "lowest … highest seed" if extremes(results) else "lower … upper quartile"
    return f"Below a median: {ends}."


def _words(metric: str) -> str:
    return metric.replace("_", "\n")


def _number(metric: str, value: float) -> str:
    if not math.isfinite(value):
        return "–"
    return f"{100 * value:.2f} %" if "accuracy" in metric else f"{value:.4g}"


def _final(results: Results, run: Run, metric: str) -> str:
    middle = _number(metric, run.final.get(metric, math.nan))
    if not results.repeated:
        return middle
    low, high = (_number(metric, end).removesuffix(" %") for end in final_band(run, metric))
    return f"{middle}\n[dim]{low} … {high}[/dim]"


def _best(run: Run, metric: str) -> str:
    if metric not in run.best:
        return "–"
    return f"{_number(metric, run.best[metric])} ({run.best[metric + '_epoch']:.0f})"


def _status(run: Run) -> str:
    count = failed(run)
    if len(run.each) == 1 or not count:
        return run.status
    return f"{count} of {len(run.each)} diverged"
