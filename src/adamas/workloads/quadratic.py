"""A quadratic bowl in the plane: long and narrow as its condition number is large."""

import math
from typing import Any

import numpy as np

from adamas.errors import OptionError
from adamas.workloads.plane import Plane

LARGEST_CURVATURE = 1.0  # so that gradient descent is stable below a learning rate of 2
TILT = math.pi / 6  # of a rotated bowl: its axes are then no longer those of the parameters


def quadratic(condition: float = 100.0, rotated: bool = False) -> Plane:
    """Return the bowl whose largest curvature is 1 and whose smallest is 1 / `condition`.

    Unrotated, each parameter has one curvature of its own, which rules that scale every coordinate
    for itself (Adagrad, RMSProp, Adam) can make up for; rotated, they cannot.
    """
    if not (math.isfinite(condition) and condition >= 1):
        raise OptionError(f"quadratic: condition lies in [1, ∞); got {condition:g}.")
    flat, steep = LARGEST_CURVATURE / condition, LARGEST_CURVATURE
    cosine, sine = (math.cos(TILT), math.sin(TILT)) if rotated else (1.0, 0.0)

    def along(x: Any, y: Any) -> tuple[Any, Any]:
        """Coordinates along the flat and along the steep axis."""
        return cosine * x + sine * y, cosine * y - sine * x

    def loss(x: Any, y: Any) -> Any:
        a, b = along(x, y)
        return (flat * a**2 + steep * b**2) / 2

    def slope(x: Any, y: Any) -> tuple[Any, Any]:
        a, b = along(x, y)
        return flat * cosine * a - steep * sine * b, flat * sine * a + steep * cosine * b

    def start(random: np.random.Generator) -> tuple[float, float]:
        # On a circle, away from both axes: each direction has some way to go.
        angle = random.uniform(math.radians(20), math.radians(70)) + math.pi / 2
        a, b = 1.5 * math.cos(angle), 1.5 * math.sin(angle)
        return cosine * a - sine * b, sine * a + cosine * b

    changed = [f"condition={condition:g}"] if condition != 100 else []
    changed += ["rotated=true"] if rotated else []
    return Plane(
        name=":".join(["quadratic", *changed]),
        title="A quadratic bowl",
        description=f"Walk down a quadratic bowl of two parameters, {condition:g} times as steep "
        f"along one axis as along the other{', rotated by 30 degrees' if rotated else ''}. "
        "The seed decides the start.",
        loss=loss,
        slope=slope,
        start=start,
        window=(-2.0, 2.0, -2.0, 2.0),
        optimum=(0.0, 0.0),
        epochs=30,
        rules=(
            "sgd:lr=1.8",
            "momentum:lr=0.2:momentum=0.9",
            "rmsprop:lr=0.02:decay=0.99",
            "adam:lr=0.1",
        ),
        target=("loss", 1e-4),
    )
