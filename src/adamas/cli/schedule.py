"""`adamas show --schedule`: a schedule's text comes in, its values and a picture go out."""

from pathlib import Path

from adamas.errors import OptionError

BARS = "▁▂▃▄▅▆▇█"
WIDTH = 64


def print_schedule(text: str, steps: int | None, out: Path | None) -> int:
    """Print a schedule's course in a line and some of its values; with `out` draw it."""
    from adamas import schedules

    schedule = schedules.parse(text.replace("*", " * "))
    last = steps if steps is not None else length(text)
    if last < 2:
        raise OptionError(f"--steps is at least 2; got {last}.")
    at = sorted({round(1 + (last - 1) * place / 8) for place in range(9)})
    course = [schedule(round(1 + (last - 1) * place / (WIDTH - 1))) for place in range(WIDTH)]
    top, bottom = max(course), min(course)
    if 0 <= bottom < top / 2:
        bottom = 0.0
    height = (top - bottom) or 1.0
    bars = [BARS[min(7, int(8 * (value - bottom) / height))] for value in course]
    print(f"{schedule!r}\n\n    {''.join(bars)}\n")
    for step in at:
        print(f"    step {step:>9,}   {schedule(step):.6g}")
    if out is not None:
        from adamas.report.schedule import draw

        draw(schedule, last, out)
        print(f"\nPicture: {out}")
    return 0


def length(text: str) -> int:
    """How many steps show all of a schedule: a tenth more than the largest whole number in it."""
    import re

    numbers = [int(number) for number in re.findall(r"(?<![\d.e-])\d+(?![\d.e])", text)]
    return max([100, *(number + number // 10 for number in numbers)])
