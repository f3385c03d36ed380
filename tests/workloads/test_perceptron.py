"""The perceptron's losses: against the formula in float64, and where exponentials overflow."""

import numpy as np
import pytest

from adamas.workloads import perceptron


def logits_and_labels(outputs: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(3)
    return random.standard_normal((12, outputs)) * 3, random.integers(0, max(outputs, 2), 12)


@pytest.mark.parametrize("outputs", [1, 10])
def test_cross_entropy_is_minus_the_log_of_the_probability_of_the_label(outputs: int) -> None:
    logits, labels = logits_and_labels(outputs)
    probability = perceptron.probabilities(logits)
    np.testing.assert_allclose(probability.sum(axis=1), 1, rtol=1e-14)
    np.testing.assert_allclose(
        perceptron.cross_entropy(logits, labels),
        -np.log(probability[np.arange(12), labels]),
        rtol=1e-12,
    )


def test_one_logit_is_two_logits_of_which_the_first_is_zero() -> None:
    logits, labels = logits_and_labels(1)
    two = np.concatenate([np.zeros_like(logits), logits], axis=1)
    np.testing.assert_allclose(
        perceptron.cross_entropy(logits, labels), perceptron.cross_entropy(two, labels), rtol=1e-12
    )
    np.testing.assert_allclose(
        perceptron.probabilities(logits), perceptron.probabilities(two), rtol=1e-12
    )


@pytest.mark.parametrize("outputs", [1, 2])
@pytest.mark.parametrize("size", [1e4, -1e4])
def test_logits_beyond_the_range_of_exp_keep_an_exact_loss(outputs: int, size: float) -> None:
    logits = np.zeros((2, outputs), np.float32)
    logits[:, -1] = size
    labels = np.array([0, 1])
    right, wrong = (1, 0) if size > 0 else (0, 1)
    losses = perceptron.cross_entropy(logits, labels)
    assert losses[right] == 0
    assert losses[wrong] == 1e4
    error = perceptron.cross_entropy_error(logits, labels)
    assert error[right, -1] == 0
    assert abs(error[wrong, -1]) == 0.5


def test_layers_have_the_sizes_and_scales_asked_for() -> None:
    params = perceptron.initial((50, 400, 3), (0.8, 0.2), seed=0, dtype=np.float64)
    assert list(params) == ["hidden1", "output"]
    assert params["hidden1"]["weight"].shape == (50, 400)
    assert params["output"]["bias"].shape == (3,)
    assert params["hidden1"]["weight"].std() == pytest.approx(0.8, rel=0.02)
    assert params["output"]["weight"].std() == pytest.approx(0.2, rel=0.1)
    assert not params["hidden1"]["bias"].any()
