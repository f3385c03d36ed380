"""Rosenbrock's banana: a curved valley whose floor hardly falls towards its lowest point."""

from typing import Any

import numpy as np

from adamas.workloads.plane import Plane

STEEPNESS = 100.0
# Rosenbrock, "An Automatic Method for Finding the Greatest or Least Value of a Function", The
# Computer Journal, 1960: from (-1.2, 1) the way leads round the bend of the valley.
START = (-1.2, 1.0)


def rosenbrock() -> Plane:
    """Return the function (1 - x)² + 100 (y - x²)², whose minimum is 0 at (1, 1)."""

    def loss(x: Any, y: Any) -> Any:
        return (1 - x) ** 2 + STEEPNESS * (y - x**2) ** 2

    def slope(x: Any, y: Any) -> tuple[Any, Any]:
        off = y - x**2
        return -2 * (1 - x) - 4 * STEEPNESS * x * off, 2 * STEEPNESS * off

    def start(random: np.random.Generator) -> tuple[float, float]:
        x, y = START + 0.1 * random.standard_normal(2)
        return float(x), float(y)

    return Plane(
        name="rosenbrock",
        title="Rosenbrock's valley",
        description="Follow a curved valley of two parameters, (1 − x)² + 100 (y − x²)², to its "
        "lowest point at (1, 1). The seed moves the start a little around (−1.2, 1).",
        loss=loss,
        slope=slope,
        start=start,
        window=(-1.9, 1.9, -0.9, 2.4),
        optimum=(1.0, 1.0),
        epochs=100,
        rules=("momentum:lr=0.0005:momentum=0.9", "rmsprop:lr=0.01", "adam:lr=0.05"),
        target=("loss", 1e-2),
    )
