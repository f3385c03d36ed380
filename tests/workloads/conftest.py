"""Small files in MNIST's format, in a folder that ADAMAS_DATA names: no test needs the network."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest


def idx(array: np.ndarray) -> bytes:
    """The bytes of an IDX file of unsigned bytes."""
    head = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    return head + array.astype(np.uint8).tobytes()


def mnist_files(images: int = 90, seed: int = 0) -> dict[str, bytes]:
    """The four files, not gzipped; images are noise around a pattern of their label."""
    random = np.random.default_rng(seed)
    patterns = random.integers(0, 200, (10, 28, 28))
    files = {}
    for part, count in (("train", images), ("t10k", images // 3)):
        labels = np.arange(count) % 10
        pixels = patterns[labels] + random.integers(0, 56, (count, 28, 28))
        files[f"{part}-images-idx3-ubyte"] = idx(pixels)
        files[f"{part}-labels-idx1-ubyte"] = idx(labels)
    return files


@pytest.fixture(scope="session")
def small_mnist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a folder mnist below it."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "mnist").mkdir()
    for name, data in mnist_files().items():
        (folder / "mnist" / f"{name}.gz").write_bytes(gzip.compress(data))
    return folder


@pytest.fixture(autouse=True, scope="session")
def data_folder(small_mnist: Path) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ADAMAS_DATA", str(small_mnist))
        yield
