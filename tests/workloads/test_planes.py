"""Problems of two parameters: what the formulas promise, and options on the command line."""

import numpy as np
import pytest

from adamas.errors import NotFoundError, OptionError
from adamas.workloads import get


def curvatures(workload) -> np.ndarray:
    """Eigenvalues of the Hessian of a quadratic, from differences of its gradient."""
    at = [np.zeros(2), *np.eye(2)]
    slopes = [workload.loss_and_gradient({"position": p}, None)[1]["position"] for p in at]
    return np.linalg.eigvalsh(np.stack([slope - slopes[0] for slope in slopes[1:]]))


@pytest.mark.parametrize("rotated", ["true", "false"])
@pytest.mark.parametrize("condition", [1, 10, 1e4])
def test_a_bowl_has_the_condition_asked_for(condition: float, rotated: str) -> None:
    bowl = get(f"quadratic:condition={condition:g}:rotated={rotated}")
    np.testing.assert_allclose(curvatures(bowl), [1 / condition, 1], rtol=1e-9)


def test_rotation_is_what_mixes_the_parameters() -> None:
    plain, rotated = get("quadratic"), get("quadratic:rotated=true")
    at = {"position": np.array([1.0, 0.0])}
    assert plain.loss_and_gradient(at, None)[1]["position"][1] == 0
    assert rotated.loss_and_gradient(at, None)[1]["position"][1] != 0
    # The same bowl and the same start, turned.
    assert plain.evaluate(plain.initial(3))["loss"] == pytest.approx(
        rotated.evaluate(rotated.initial(3))["loss"], rel=1e-12
    )


def test_a_name_says_the_options_that_are_not_defaults_and_finds_it_again() -> None:
    assert get("quadratic:condition=100:rotated=false").name == "quadratic"
    name = "quadratic:condition=1000:rotated=true"
    assert get(" quadratic : rotated=TRUE : condition = 1e3 ").name == name
    assert get(name).name == name


@pytest.mark.parametrize("name", ["quadratic", "quadratic:rotated=true", "rosenbrock"])
def test_a_landscape_is_lowest_at_its_optimum(name: str) -> None:
    workload = get(name)
    landscape = workload.landscape()
    assert landscape is not None
    left, right, bottom, top = landscape.window
    x, y = np.meshgrid(np.linspace(left, right, 41), np.linspace(bottom, top, 41))
    assert landscape.loss(*landscape.optimum) == 0
    assert np.all(landscape.loss(x, y) >= 0)
    for seed in range(20):
        x0, y0 = workload.initial(seed)["position"]
        assert left < x0 < right
        assert bottom < y0 < top
    _, gradient = workload.loss_and_gradient({"position": np.array(landscape.optimum)}, None)
    np.testing.assert_allclose(gradient["position"], 0, atol=1e-15)


def test_far_outside_the_loss_overflows_without_a_warning() -> None:
    rosenbrock = get("rosenbrock")
    params = {"position": np.array([1e200, -1e200])}
    assert rosenbrock.loss_and_gradient(params, None)[0] == np.inf
    assert rosenbrock.evaluate(params)["loss"] == np.inf


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("quadratic:conditon=5", NotFoundError, "no option 'conditon'. Did you mean 'condition'?"),
        ("quadratic:condition", OptionError, "'condition' is not name=value"),
        ("quadratic:condition=high", OptionError, "condition is a number; got 'high'"),
        ("quadratic:condition=0.5", OptionError, r"condition lies in \[1, ∞\); got 0.5"),
        ("quadratic:condition=nan", OptionError, r"got nan"),
        ("quadratic:rotated=1", OptionError, "rotated is true or false; got '1'"),
        ("spiral:noise=1", NotFoundError, "spiral has no option 'noise'. There are none."),
    ],
)
def test_a_wrong_option_is_explained(text: str, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        get(text)


def test_logistic_regression_is_one_layer() -> None:
    params = get("regression").initial(0)
    assert list(params) == ["output"]
    assert params["output"]["weight"].shape == (64, 10)
