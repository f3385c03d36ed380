"""A schedule that leaves its hyperparameter's range is an error before anything is stepped."""

from __future__ import annotations

import numpy as np
import pytest

from adamas import rules, schedules
from adamas.errors import HyperparameterError
from adamas.numpy import Optimizer


def test_a_schedule_out_of_range() -> None:
    p = np.ones(3)
    falling = 0.2 - 0.1 * schedules.warmup(1) - 0.1 * schedules.step_decay(1, 0.0)
    optimizer = Optimizer(rules.sgd(lr=falling - 0.05 * schedules.warmup(2)), p)
    with pytest.raises(HyperparameterError, match=r"got -0\.025.* at step 1\."):
        optimizer.step(np.ones(3))
    assert (p == 1).all()
    assert optimizer.step_count == 0
