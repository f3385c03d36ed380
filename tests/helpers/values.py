"""A Program's outputs at random inputs in float64, by the interpreter: for comparing graphs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from adamas.engines.interpret import Evaluator
from adamas.engines.magnitude import Magnitudes
from adamas.graph.program import Program, nodes

SHAPE = (8, 8)


def inputs_for(program: Program, hyper: Mapping[str, float], seed: int, first: bool) -> Any:
    """Values for every input a Program can have, in sizes from 1e-8 to 1e6; second moments >= 0."""
    random = np.random.default_rng(seed)

    def element() -> Any:
        values = random.standard_normal(SHAPE) * 10.0 ** random.uniform(-8, 6, SHAPE)
        return np.where(random.random(SHAPE) > 0.1, values, 0.0)

    found: dict[Any, Any] = {
        ("parameter", "p"): element(),
        ("gradient", "g"): element(),
        ("clock", "t"): float(random.integers(1, 2000)),
        ("clock", "step"): float(random.integers(1, 2000)),
        ("size", "tensor"): 64.0,
        ("size", "all"): 64.0,
        ("size", "row"): 8.0,
        ("size", "axes"): 2.0,
    }
    found |= {("hyper", name): value for name, value in hyper.items()}
    for name, start in program.slots.items():
        found["first", name] = first
        if not start.element:
            found["scalar_slot", name] = float(random.uniform(0.1, 0.9))
        elif name == "g_mean":
            # The mean of what v is the mean square of: the variance is not negative.
            found["slot", name] = random.uniform(-1, 1, SHAPE) * np.sqrt(found["slot", "v"])
        else:
            found["slot", name] = element() ** 2 if name in ("v", "s") else element()
    return found


def outputs(program: Program, inputs: Any) -> dict[str, Any]:
    """Every output, name and the evaluation weights."""
    evaluate = Evaluator(dict(inputs), np.float64)
    with np.errstate(all="ignore"):
        return {name: evaluate(node) for name, node in _roots(program).items()}


def magnitudes(program: Program, inputs: Any) -> dict[str, Any]:
    """The size of the terms that were added in each of them."""
    sized = Magnitudes(dict(inputs), np.float64)
    with np.errstate(all="ignore"):
        return {name: sized.magnitude(node) for name, node in _roots(program).items()}


def _roots(program: Program) -> dict[str, Any]:
    roots = {f"output {name}": node for name, node in program.outputs.items()}
    roots |= {f"name {name}": node for name, node in program.names.items()}
    return roots if program.weights is None else roots | {"weights": program.weights}


def operations(program: Program) -> dict[str, int]:
    """How often each operation on elements occurs below the outputs."""
    counts: dict[str, int] = {}
    for node in nodes(*program.outputs.values()):
        if node.element and node.args:
            counts[node.op] = counts.get(node.op, 0) + 1
    return counts
