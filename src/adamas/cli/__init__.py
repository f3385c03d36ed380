"""The command line: `adamas compare`, `list`, `show` and `bench`. Needs the extra "lab"."""

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `adamas` with `arguments` (those of the process by default); return its exit code."""
    try:
        import rich  # noqa: F401
        import typer  # noqa: F401
    except ImportError:
        print(
            "adamas: the command line needs typer and rich. Run: pip install 'adamas[lab]'",
            file=sys.stderr,
        )
        return 2
    from adamas.cli.app import run

    return run(sys.argv[1:] if arguments is None else list(arguments))
