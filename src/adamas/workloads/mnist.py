"""MNIST: 70,000 handwritten digits of 28 by 28 pixels, from a folder or a verified download."""

import os
from pathlib import Path

import numpy as np

from adamas.errors import NotFoundError, OptionError
from adamas.workloads import idx
from adamas.workloads.classification import Classification, Examples
from adamas.workloads.download import fetch

FOLDER = "ADAMAS_DATA"  # the environment's name for the folder of data sets

# SHA-256 of the contents without gzip: the packed files differ from mirror to mirror.
CONTENTS = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)


def mnist() -> Classification:
    """Return the workload: 60,000 images to learn, 10,000 to test, and a 784-128-10 network.

    The four files are read from $ADAMAS_DATA or $ADAMAS_DATA/mnist where that is set, gzipped or
    not; else they are downloaded once.
    """
    return Classification(
        name="mnist",
        title="MNIST",
        description="Read handwritten digits (MNIST: 60,000 images of 28x28 pixels, and 10,000 "
        "for the test) with a 784-128-10 ReLU network.",
        examples=_examples,
        sizes=(784, 128, 10),
        # sqrt(2 / 784), which keeps the size of ReLU activations (He et al., ICCV 2015), and
        # sqrt(1 / 128) for the output.
        scales=(0.0505, 0.0884),
        epochs=10,
        batch_size=100,
        rules=("momentum:lr=0.1:momentum=0.9", "rmsprop:lr=0.001:decay=0.999", "adam:lr=0.002"),
        watch=("output/weight", (20, 4)),
        target=("test_accuracy", 0.97),
        image_shape=(28, 28),
    )


def _examples() -> tuple[Examples, Examples]:
    return _pair("train"), _pair("t10k")


def _pair(part: str) -> Examples:
    images, labels = _array(f"{part}-images-idx3-ubyte"), _array(f"{part}-labels-idx1-ubyte")
    if images.ndim != 3 or images.shape[1:] != (28, 28) or labels.shape != images.shape[:1]:
        raise OptionError(
            f"MNIST's {part} files do not fit: images {images.shape}, labels {labels.shape}; "
            "expected (n, 28, 28) and (n,)."
        )
    if labels.size and labels.max() > 9:
        raise OptionError(f"MNIST's {part} labels are 0 to 9; found {labels.max()}.")
    inputs = images.reshape(len(images), -1).astype(np.float32)
    inputs /= 255  # pixels are integers from 0 to 255
    return Examples(inputs, labels.astype(np.intp))


def _array(name: str) -> np.ndarray:
    folder = os.environ.get(FOLDER)
    if folder:
        path = _found(Path(folder), name)
        return idx.read(path.read_bytes(), str(path))
    try:
        data = fetch(f"{name}.gz", CONTENTS[name], MIRRORS, "mnist")
    except OptionError as error:
        raise OptionError(
            f"{error}. Put MNIST's four IDX files into a folder and set {FOLDER} to it."
        ) from None
    return idx.read(data, name)


def _found(folder: Path, name: str) -> Path:
    """Return the file in the folder or in its folder mnist, as it is or gzipped."""
    for place in (folder, folder / "mnist"):
        for path in (place / f"{name}.gz", place / name):
            if path.is_file():
                return path
    raise NotFoundError(
        f"{FOLDER} is {folder}, but neither it nor {folder / 'mnist'} holds {name}.gz. "
        f"Put it there, or unset {FOLDER} to have it downloaded."
    )
