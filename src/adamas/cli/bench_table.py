"""The tables of `adamas bench`: one for each line-up, printed as soon as it is measured."""

import sys
from itertools import groupby
from typing import Any

from adamas.bench.neighbours import DISTURBED
from adamas.bench.words import count, duration, three

OURS = "adamas"
CELLS, PER_RATIO = 24, 3  # of the bar: at most 24, of which 3 are as long as we take
EIGHTHS = " ▏▎▍▌▋▊▉"


def print_row(row: dict[str, Any], console: Any = None) -> None:
    """Print one line-up, the fastest first."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    console = console or _console()
    wide = console.width >= 108
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False, show_edge=False)
    table.add_column("", min_width=17, no_wrap=True)
    for header, width in (("time a step", 11), ("ns/parameter", 12), ("GB/s", 6), ("first", 8)):
        table.add_column(header, justify="right", min_width=width, no_wrap=True)
    table.add_column("times ours", justify="right", min_width=9, no_wrap=True)
    if wide:
        table.add_column("middle half", min_width=14, no_wrap=True, style="dim")
        table.add_column("", no_wrap=True)
    for one in row["contestants"]:
        ours = one["name"] == OURS
        style = "bold" if ours else "dim" if one["name"] == "limit" else ""
        low, high = (three(value) for value in one["ratio_quartiles"])
        cells = [
            one["title"],
            duration(one["seconds"]),
            three(one["ns_per_parameter"]),
            _bandwidth(row, one),
            duration(one["first_step_seconds"]),
            three(one["ratio"]),
        ]
        if wide:
            cells += ["" if ours else f"{low} – {high}", bar(one["ratio"])]
        table.add_row(*(Text(cell) for cell in cells), style=style)
    console.print(Text(title(row), style="bold"))
    console.print(table)
    for line in notes(row):
        console.print(Text(line, style="dim"))
    console.print()


def print_end(results: dict[str, Any]) -> None:
    """Print on what, and with what, it was measured."""
    from rich.text import Text

    machine, versions = results["machine"], results["versions"]
    libraries = ", ".join(f"{name} {versions[name]}" for name in versions)
    threads = results["threads"]
    lines = (
        f"{machine['processor']}, {machine['cores']} cores; "
        f"{count(threads, 'thread')}; medians of turns in mixed order.",
        libraries,
    )
    for line in lines:
        _console().print(Text(line, style="dim"))


def title(row: dict[str, Any]) -> str:
    """What was stepped."""
    words = [f"{row['title']}, {row['description']}"]
    words.append(f"{row['parameters']:,} parameters in {count(row['tensors'], 'tensor')}")
    if row["bytes_per_parameter"]:
        words.append(f"{row['bytes_per_parameter']} bytes moved for each")
    if row["gradients"] != "same arrays":
        words.append(f"gradients in {row['gradients']}")
    return " · ".join(words)


def notes(row: dict[str, Any]) -> list[str]:
    """Who was left out and why, one line for each reason; and whether the machine was shared."""
    lines = []
    for reason, group in groupby(row["left_out"], key=lambda one: one["reason"]):
        lines.append(f"Left out: {', '.join(one['name'] for one in group)}: {reason}.")
    others = row["other_processes"]
    if others is not None and others > DISTURBED:
        lines.append(f"Other processes took {100 * others:.0f} % of the processors meanwhile.")
    return lines


def _bandwidth(row: dict[str, Any], one: dict[str, Any]) -> str:
    # The time of a small step is not spent on memory.
    if one["gigabytes_per_second"] is None or row["parameters"] < 100_000:
        return ""
    return f"{one['gigabytes_per_second']:.1f}"


def bar(value: float) -> str:
    """A bar as long as the time, to an eighth of a cell; what is too long ends in an arrow."""
    eighths = round(8 * PER_RATIO * value)
    if eighths > 8 * CELLS:
        return "█" * (CELLS - 1) + "▶"
    return "█" * (eighths // 8) + EIGHTHS[eighths % 8].strip()


def _console() -> Any:
    from rich.console import Console

    # A file or a pipe has no width to keep to.
    return Console(highlight=False, width=None if sys.stdout.isatty() else 132)
