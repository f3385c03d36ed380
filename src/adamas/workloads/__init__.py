"""The problems that rules are compared on: a name comes in, a `Workload` goes out."""

from collections.abc import Callable

from adamas.errors import NotFoundError, nearest
from adamas.workloads.digits import digits
from adamas.workloads.spiral import spiral
from adamas.workloads.workload import Regions, Tree, Workload, leaves

WORKLOADS: dict[str, Callable[[], Workload]] = {
    "spiral": spiral,
    "digits": digits,
}


def get(name: str) -> Workload:
    """Return the workload called `name`; an unknown name is a `NotFoundError` with the nearest."""
    if name not in WORKLOADS:
        raise NotFoundError(f"unknown workload '{name}'. {nearest(name, WORKLOADS)}")
    return WORKLOADS[name]()


__all__ = ["WORKLOADS", "Regions", "Tree", "Workload", "get", "leaves"]
