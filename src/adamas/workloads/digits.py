"""Handwritten digits, 8 by 8 pixels: real images from scikit-learn, nothing to download."""

import numpy as np

from adamas.errors import OptionError
from adamas.workloads.classification import Classification, Examples

TEST_SHARE = 5  # one image of five is kept for the test
SPLIT_SEED = 0


def digits() -> Classification:
    """Return the workload: 1,438 images to learn, 359 to test, and a 64-64-10 network."""
    return Classification(
        name="digits",
        title="Handwritten digits",
        description="Read handwritten digits (1,797 real images of 8x8 pixels, a fifth of them "
        "kept for the test) with a 64-64-10 ReLU network.",
        examples=_examples,
        sizes=(64, 64, 10),
        # sqrt(2 / 64), which keeps the size of ReLU activations (He et al., ICCV 2015), and
        # sqrt(1 / 64) for the output.
        scales=(0.1768, 0.125),
        epochs=30,
        batch_size=64,
        rules=("momentum:lr=0.05:momentum=0.9", "rmsprop:lr=0.003:decay=0.999", "adam:lr=0.005"),
        watch=("hidden1/weight", (20, 4)),
        target=("test_accuracy", 0.97),
        image_shape=(8, 8),
    )


def regression() -> Classification:
    """Return the workload: logistic regression on the same images, a convex problem."""
    return Classification(
        name="regression",
        title="Logistic regression",
        description="Read handwritten digits (1,797 real images of 8x8 pixels, a fifth of them "
        "kept for the test) by logistic regression, a convex problem of 650 parameters.",
        examples=_examples,
        sizes=(64, 10),
        scales=(0.1,),
        epochs=30,
        batch_size=64,
        rules=("momentum:lr=0.1:momentum=0.9", "rmsprop:lr=0.003:decay=0.999", "adam:lr=0.02"),
        watch=("output/weight", (20, 4)),
        target=("test_accuracy", 0.95),
        image_shape=(8, 8),
    )


def _examples() -> tuple[Examples, Examples]:
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise OptionError(
            "the workload 'digits' takes its images from scikit-learn, which is not installed. "
            "Run: pip install 'adamas[lab]'"
        ) from None
    inputs, labels = load_digits(return_X_y=True)
    inputs = (inputs / 16).astype(np.float32)  # pixels are integers from 0 to 16
    order = np.random.default_rng(SPLIT_SEED).permutation(len(labels))
    test, train = np.split(order, [len(order) // TEST_SHARE])
    labels = labels.astype(np.intp)
    return Examples(inputs[train], labels[train]), Examples(inputs[test], labels[test])
