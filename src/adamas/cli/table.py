"""The table at the end of `adamas compare`: one line for each rule."""

import sys
from typing import Any

from adamas.lab.comparison import Comparison
from adamas.lab.summary import summary


def print_table(comparison: Comparison) -> None:
    """Print final and best figures, the way to the target, and the time of a step."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    results = summary(comparison)
    runs = results["runs"]
    metric, value = comparison.target
    metrics = [m for m in ("loss", "accuracy", "test_accuracy") if m in runs[0]["final"]]
    best = metrics[-1]
    troubled = any(run["status"] != "finished" for run in runs)
    table = Table(
        title=f"{results['title']}, {results['epochs']} epochs, seed {results['seed']}",
        title_justify="left",
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
        table.add_row(
            run["label"],
            *(_number(name, run["final"][name]) for name in metrics),
            _best(run, best),
            f"{run['reached']['steps']:,}" if run["reached"] else "–",
            f"{1e6 * run['seconds_per_step']:.0f}" if run["seconds_per_step"] else "",
            *([run["status"]] if troubled else []),
        )
    # A file or a pipe has no width to keep to.
    Console(highlight=False, width=None if sys.stdout.isatty() else 160).print(table)


def _words(metric: str) -> str:
    return metric.replace("_", "\n")


def _number(metric: str, value: float | None) -> str:
    if value is None:
        return "–"
    return f"{100 * value:.2f} %" if "accuracy" in metric else f"{value:.4g}"


def _best(run: dict[str, Any], metric: str) -> str:
    if metric not in run["best"]:
        return "–"
    return f"{_number(metric, run['best'][metric])} ({run['best'][metric + '_epoch']})"
