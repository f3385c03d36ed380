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
        lines = [description, ", ".join(others[0])]
        lines += [f"options: {', '.join(known)}" for known in others[1:] if known]
        for line in lines:
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
    from adamas.workloads import WORKLOADS, options

    entries = []
    for name, make in WORKLOADS.items():
        one = make()
        known = [f"{key}={_option(value)}" for key, value in options(name).items()]
        entries.append(
            {
                "name": name,
                "description": one.description,
                "rules": list(one.rules),
                "options": known,
            }
        )
    return entries


def _option(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else _value(value)
