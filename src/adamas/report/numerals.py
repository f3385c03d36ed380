"""Numbers and lists as a careful writer sets them: 99.95 %, 2.9·10⁻⁵, 110 µs, "a, b and c"."""

from __future__ import annotations

import math
from collections.abc import Sequence

SPACE = "\u00a0"  # between a number and its unit, where no line may break
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_SMALL = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
_WORDS = [*_SMALL, "eleven", "twelve"]


def raised(exponent: int) -> str:
    """10 to the power of `exponent`, as 10⁻⁵."""
    return f"10{str(exponent).translate(_RAISED)}"


def plain(value: float, digits: int = 6) -> str:
    """A number with at most `digits` significant ones, by a power of ten when far from one."""
    if not math.isfinite(value):
        return "–"
    if value == 0 or 1e-3 <= abs(value) < 1e5:
        return f"{float(f'{value:.{digits}g}'):.10g}".replace("-", "−")
    mantissa, exponent = f"{value:.{min(digits, 2) - 1}e}".split("e")
    mantissa = mantissa.removesuffix(".0").replace("-", "−")
    if mantissa in ("1", "−1"):
        return mantissa.replace("1", raised(int(exponent)))
    return f"{mantissa}·{raised(int(exponent))}"


def percent(share: float) -> str:
    """A share in per cent: one decimal, two above 99 %, more where it would otherwise say 100."""
    if not math.isfinite(share):
        return "–"
    decimals = 2 if share > 0.99 else 1
    while share < 1 and float(f"{100 * share:.{decimals}f}") >= 100 and decimals < 8:
        decimals += 1
    text = f"{100 * share:.{decimals}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) + SPACE + "%"


def duration(seconds: float) -> str:
    """A time with two or three digits, in the unit that suits it."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6), ("ns", 1e-9)):
        if seconds >= size or unit == "ns":
            return (
                f"{float(f'{seconds / size:.2g}'):g}{SPACE}{unit}"
                if seconds < 100
                else _long(seconds)
            )
    raise AssertionError("unreachable: the last unit always serves")


def _long(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}{SPACE}min {rest}{SPACE}s"


def counted(number: int, noun: str = "", plural: str = "") -> str:
    """A count in words up to twelve, with its noun: "one epoch", "13 epochs"."""
    word = _WORDS[number] if 0 <= number < len(_WORDS) else f"{number:,}"
    return f"{word} {many(number, noun, plural)}" if noun else word


def many(number: int, noun: str, plural: str = "") -> str:
    """The noun in the number that fits."""
    return noun if number == 1 else plural or noun + "s"


def listed(items: Sequence[str]) -> str:
    """Items as a sentence lists them: "a", "a and b", "a, b and c"."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def capital(sentence: str) -> str:
    """The sentence with its first letter large; labels of rules never stand first."""
    return sentence[:1].upper() + sentence[1:]
