"""Every workload x every check: gradients by differences, seeds, order of minibatches, defaults."""

import numpy as np
import pytest

from adamas.errors import NotFoundError
from adamas.workloads import WORKLOADS, Tree, Workload, get, leaves

NAMES = [*WORKLOADS, "quadratic:condition=10:rotated=true"]


@pytest.fixture(params=NAMES, scope="module")
def workload(request: pytest.FixtureRequest) -> Workload:
    return get(request.param)


@pytest.fixture(params=["spiral", "digits", "mnist", "regression"], scope="module")
def classification(request: pytest.FixtureRequest) -> Workload:
    return get(request.param)


def assert_equal_trees(a: Tree, b: Tree) -> None:
    assert list(leaves(a)) == list(leaves(b))
    for path, array in leaves(a).items():
        np.testing.assert_array_equal(array, leaves(b)[path], err_msg=path)


def test_gradient_is_the_slope_of_the_loss(workload: Workload) -> None:
    params = workload.initial(0, np.float64)
    random = np.random.default_rng(1)
    # Away from zero biases, so that their gradient is tested at a point like any other.
    for array in leaves(params).values():
        array += 0.05 * random.standard_normal(array.shape)
    batch = next(iter(workload.minibatches(0, 1, 16)))
    _, gradient = workload.loss_and_gradient(params, batch)
    gradients = leaves(gradient)
    h = 1e-6
    for path, array in leaves(params).items():
        for flat in random.choice(array.size, min(array.size, 12), replace=False):
            index = np.unravel_index(flat, array.shape)
            kept = array[index]
            losses = []
            for shift in (h, -h):
                array[index] = kept + shift
                losses.append(workload.loss_and_gradient(params, batch)[0])
            array[index] = kept
            slope = (losses[0] - losses[1]) / (2 * h)
            # Differences of a loss near 1 in float64 carry an error of about eps / h = 2e-10.
            assert gradients[path][index] == pytest.approx(slope, rel=1e-6, abs=2e-9), (path, index)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gradient_has_the_structure_and_type_of_the_parameters(
    workload: Workload, dtype: type
) -> None:
    params = workload.initial(0, dtype)
    batch = next(iter(workload.minibatches(0, 1, 8)))
    loss, gradient = workload.loss_and_gradient(params, batch)
    assert type(loss) is float
    assert list(leaves(params)) == list(leaves(gradient))
    for path, array in leaves(params).items():
        slope = leaves(gradient)[path]
        assert (array.shape, array.dtype) == (slope.shape, slope.dtype) == (array.shape, dtype)


def test_a_seed_decides_the_start(workload: Workload) -> None:
    assert_equal_trees(workload.initial(5), get(workload.name).initial(5))
    path, index = workload.watch
    first, second = (leaves(workload.initial(seed))[path][index] for seed in (5, 6))
    assert first != second


def test_a_seed_and_an_epoch_decide_the_minibatches(classification: Workload) -> None:
    size = classification.batch_size

    def inputs(seed: int, epoch: int) -> np.ndarray:
        return np.concatenate([b.inputs for b in classification.minibatches(seed, epoch, size)])

    np.testing.assert_array_equal(inputs(0, 1), inputs(0, 1))
    assert (inputs(0, 1) != inputs(0, 2)).any()
    assert (inputs(0, 1) != inputs(1, 1)).any()


@pytest.mark.parametrize("size", [1, 7, 64, 5000])
def test_every_epoch_sees_every_example_once(classification: Workload, size: int) -> None:
    batches = list(classification.minibatches(0, 3, size))
    assert len(batches) == classification.steps_per_epoch(size)
    assert all(len(batch.labels) == size for batch in batches[:-1])
    seen = np.concatenate([batch.inputs for batch in batches])
    expected = classification.train.inputs  # type: ignore[attr-defined]
    np.testing.assert_array_equal(np.sort(seen, axis=0), np.sort(expected, axis=0))


def test_defaults_point_at_what_exists(workload: Workload) -> None:
    params = workload.initial(0)
    path, index = workload.watch
    assert np.ndim(leaves(params)[path][index]) == 0
    metrics = workload.evaluate(params)
    assert workload.target[0] in metrics
    assert all(type(value) is float for value in metrics.values())
    assert workload.epochs > 0
    assert workload.rules


def test_plain_gradient_descent_lowers_the_loss(workload: Workload) -> None:
    params = workload.initial(0)
    before = workload.evaluate(params)["loss"]
    for batch in workload.minibatches(0, 1, 64):
        _, gradient = workload.loss_and_gradient(params, batch)
        for path, array in leaves(params).items():
            # Rosenbrock's curvature is some 1,500 at the start: smaller steps.
            array -= (2e-4 if workload.name == "rosenbrock" else 0.05) * leaves(gradient)[path]
    assert workload.evaluate(params)["loss"] < before


def test_spiral_has_regions() -> None:
    spiral = get("spiral")
    regions = spiral.regions(spiral.initial(0), resolution=30)
    assert regions is not None
    assert regions.probability.shape == (30, 30)
    assert ((regions.probability >= 0) & (regions.probability <= 1)).all()
    assert regions.points.shape == (2000, 2)
    assert regions.x[0] < regions.points[:, 0].min() < regions.points[:, 0].max() < regions.x[-1]
    # The points are the spiral of the issue: at distance theta / (2 pi) from the origin, +- noise.
    theta = np.linspace(0.5, 4 * np.pi, 1000)
    radius = np.hypot(*regions.points.T.astype(np.float64)) * 2 * np.pi
    assert np.abs(radius - np.tile(theta, 2)).mean() == pytest.approx(0.25 * 0.8, rel=0.05)


def test_digits_has_pictures_and_no_regions() -> None:
    digits = get("digits")
    assert digits.regions(digits.initial(0)) is None
    train, test = digits.train, digits.test  # type: ignore[attr-defined]
    assert len(train.labels) + len(test.labels) == 1797
    assert set(test.labels) == set(range(10))
    assert (train.inputs.min(), train.inputs.max()) == (0, 1)
    assert digits.evaluate(digits.initial(0)).keys() == {
        "loss",
        "accuracy",
        "test_loss",
        "test_accuracy",
    }


def test_parameters_of_a_run_that_diverged_answer_nan_without_a_warning(classification) -> None:
    params = classification.initial(0)
    for array in leaves(params).values():
        array[...] = np.inf
    assert np.isnan(classification.probabilities(params, classification.train.inputs)).any()


def test_an_unknown_name_gives_the_nearest() -> None:
    with pytest.raises(NotFoundError, match=r"unknown workload 'spiarl'.*'spiral'"):
        get("spiarl")
