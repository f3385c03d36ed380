"""Neighbours: what share of the processors others took while we measured; only Linux tells."""

from __future__ import annotations

import os
import time
from pathlib import Path

DISTURBED = 0.1  # from this share on a measurement says so
STATISTICS = Path("/proc/stat")
# user, nice, system, idle, iowait, irq, softirq, steal: all but the two in which nothing ran.
_BUSY = (0, 1, 2, 5, 6, 7)


class Neighbours:
    """Counts from when it is made."""

    def __init__(self) -> None:
        self.start = _now()

    def share(self) -> float | None:
        """The part of all processors' time that others took, 0 to 1; None where it is not known.

        Stolen time, in which the machine under a virtual one ran something else, counts as others'.
        """
        now = _now()
        if now is None or self.start is None:
            return None
        busy, own, wall = (a - b for a, b in zip(now, self.start, strict=True))
        if wall <= 0:
            return None
        return min(1.0, max(0.0, (busy - own) / (wall * (os.cpu_count() or 1))))


def _now() -> tuple[float, float, float] | None:
    """Seconds: of all processors busy, of this process on them, of the clock."""
    if not STATISTICS.is_file():
        return None
    fields = STATISTICS.read_text().split("\n", 1)[0].split()[1:]
    ticks = sum(int(fields[place]) for place in _BUSY if place < len(fields))
    times = os.times()
    return ticks / os.sysconf("SC_CLK_TCK"), times.user + times.system, time.monotonic()
