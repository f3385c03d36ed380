"""Plans: which line-ups `adamas bench` runs when it is not told, and the product when it is."""

from __future__ import annotations

from adamas.bench.sizes import SIZES
from adamas.bench.work import Row, Work, read_work
from adamas.errors import NotFoundError, nearest

# size, work, new gradient arrays every step. The speeds adamas is to reach are stated for these.
DEFAULT: tuple[tuple[str, str, bool], ...] = (
    ("67m", "adamw", False),
    ("gpt2", "chain", False),
    ("resnet", "rmsprop", False),
    ("resnet", "nadam", False),
    ("resnet", "radam", False),
    ("resnet", "lion", False),
    ("resnet", "bfloat16", False),
    ("1000x1000", "adamw", False),
    ("1000x1000", "adamw", True),
    ("1m", "adamw", False),
    ("1m", "denormal", False),
    ("spiral", "adam", False),
)
QUICK: tuple[tuple[str, str, bool], ...] = (
    ("resnet", "adamw", False),
    ("1m", "adamw", False),
    ("spiral", "adam", False),
)


def rows(
    sizes: str | None, works: str | None, *, fresh: bool = False, quick: bool = False
) -> tuple[Row, ...]:
    """The plan, or with sizes or works named, every size with every work.

    Sizes alone are stepped with adamw, the spiral network with adam as it is trained with; works
    alone at 1m. Raises `NotFoundError` for unknown names.
    """
    if sizes is None and works is None:
        named = QUICK if quick else DEFAULT
        if fresh:
            named = tuple(dict.fromkeys((size, work, True) for size, work, _ in named))
        return tuple(Row(SIZES[size], read_work(work)[0], new) for size, work, new in named)
    chosen = [size.strip() for size in sizes.split(",")] if sizes is not None else ["1m"]
    for size in chosen:
        if size not in SIZES:
            raise NotFoundError(f"unknown size '{size}'. {nearest(size, SIZES)}")
    named_works: tuple[Work, ...] | None = None if works is None else read_work(works)
    return tuple(
        Row(SIZES[size], work, fresh)
        for size in dict.fromkeys(chosen)
        for work in named_works or read_work("adam" if size == "spiral" else "adamw")
    )
