"""`adamas list`: the name of a list comes in, names with one sentence each go out."""

import json
from typing import Any

from adamas.errors import NotFoundError, nearest


def print_list(what: str, as_json: bool) -> int:
    """Print the rules, workloads or pieces, for people or as JSON."""
    lists = {"rules": _rules, "workloads": _workloads, "pieces": _pieces}
    if what not in lists:
        raise NotFoundError(f"there is no list '{what}'. {nearest(what, lists)}")
    entries = lists[what]()
    if as_json:
        print(json.dumps(entries, indent=2))
        return 0
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    console = Console(highlight=False)
    for entry in entries:
        name, description, *others = entry.values()
        console.print(Text(name, style="bold"))
        for line in (description, ", ".join(others[0])):
            console.print(Padding(Text(line), (0, 0, 0, 4)))
    return 0


def _rules() -> list[dict[str, Any]]:
    from adamas import rules

    return [_describe(name, rule) for name, rule in rules.BOOK.items()]


def _pieces() -> list[dict[str, Any]]:
    from adamas import rules

    return [_describe(name, piece) for name, piece in rules.PIECES.items()]


def _describe(name: str, rule: Any) -> dict[str, Any]:
    values = [f"{key}={_value(value)}" for key, value in rule.values.items()]
    return {"name": name, "description": rule.summary, "hyperparameters": values}


def _value(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _workloads() -> list[dict[str, Any]]:
    from adamas.workloads import WORKLOADS

    made = [make() for make in WORKLOADS.values()]
    return [
        {"name": one.name, "description": one.description, "rules": list(one.rules)} for one in made
    ]
