"""The problems that rules are compared on: a name comes in, a `Workload` goes out.

quadratic                             a workload with its defaults
quadratic:condition=1000:rotated=true options behind colons, as a rule has its hyperparameters
"""

import inspect
from collections.abc import Callable
from typing import Any

from adamas.errors import NotFoundError, OptionError, nearest
from adamas.workloads.digits import digits, regression
from adamas.workloads.mnist import mnist
from adamas.workloads.quadratic import quadratic
from adamas.workloads.rosenbrock import rosenbrock
from adamas.workloads.spiral import spiral
from adamas.workloads.workload import Landscape, Regions, Tree, Workload, leaves

WORKLOADS: dict[str, Callable[..., Workload]] = {
    "spiral": spiral,
    "digits": digits,
    "mnist": mnist,
    "regression": regression,
    "quadratic": quadratic,
    "rosenbrock": rosenbrock,
}


def get(text: str) -> Workload:
    """Return the workload that `text` names; a wrong name or option is an error with the nearest.

    Its data is read or downloaded when it is first needed, not here.
    """
    name, *pairs = (part.strip() for part in text.split(":"))
    if name not in WORKLOADS:
        raise NotFoundError(f"unknown workload '{name}'. {nearest(name, WORKLOADS)}")
    known = options(name)
    given: dict[str, Any] = {}
    for pair in pairs:
        key, equals, value = (part.strip() for part in pair.partition("="))
        if not equals or not key:
            raise OptionError(f"{text}: '{pair}' is not name=value, as in quadratic:condition=10.")
        if key not in known:
            raise NotFoundError(f"{name} has no option '{key}'. {nearest(key, known)}")
        given[key] = _value(f"{name}: {key}", value, known[key])
    return WORKLOADS[name](**given)


def options(name: str) -> dict[str, Any]:
    """Return the options of a workload and their defaults, from its function's signature."""
    parameters = inspect.signature(WORKLOADS[name]).parameters
    return {key: parameter.default for key, parameter in parameters.items()}


def _value(what: str, text: str, default: Any) -> Any:
    """Read an option as what its default is: true or false, or a number."""
    if isinstance(default, bool):
        if text.lower() not in ("true", "false"):
            raise OptionError(f"{what} is true or false; got '{text}'.")
        return text.lower() == "true"
    try:
        return float(text)
    except ValueError:
        raise OptionError(f"{what} is a number; got '{text}'.") from None


__all__ = ["WORKLOADS", "Landscape", "Regions", "Tree", "Workload", "get", "leaves", "options"]
