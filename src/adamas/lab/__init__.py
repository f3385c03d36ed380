"""The laboratory: trains one workload with several rules side by side, and keeps what happened."""

from adamas.lab.comparison import Comparison, compare
from adamas.lab.contestants import Contestant, contestants
from adamas.lab.saving import refuse_to_overwrite, save
from adamas.lab.training import Progress, Run

__all__ = [
    "Comparison",
    "Contestant",
    "Progress",
    "Run",
    "compare",
    "contestants",
    "refuse_to_overwrite",
    "save",
]
