"""MNIST's files: found in a folder, or downloaded, verified and kept; what is wrong is refused."""

import gzip
import hashlib
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from adamas.errors import NotFoundError, OptionError
from adamas.workloads import get, idx

from .conftest import idx as packed
from .conftest import mnist_files

mnist = import_module("adamas.workloads.mnist")  # the package's own `mnist` is the function


def write(folder: Path, files: dict[str, bytes], zipped: bool) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        path = folder / (f"{name}.gz" if zipped else name)
        path.write_bytes(gzip.compress(data) if zipped else data)
    return folder


@pytest.mark.parametrize("below", [".", "mnist"])
@pytest.mark.parametrize("zipped", [True, False])
def test_files_are_found_in_the_folder_or_below_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, below: str, zipped: bool
) -> None:
    write(tmp_path / below, mnist_files(), zipped)
    monkeypatch.setenv("ADAMAS_DATA", str(tmp_path))
    workload = get("mnist")
    train, test = workload.train, workload.test  # type: ignore[attr-defined]
    assert train.inputs.shape == (90, 784)
    assert (train.inputs.dtype, train.labels.dtype) == (np.float32, np.intp)
    assert 0 <= train.inputs.min() < 0.1 < 0.8 < train.inputs.max() <= 1
    assert test.labels.tolist() == [i % 10 for i in range(30)]


def test_nothing_is_read_before_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADAMAS_DATA", "/nowhere")
    workload = get("mnist")
    assert workload.initial(0)["hidden1"]["weight"].shape == (784, 128)
    with pytest.raises(NotFoundError, match=r"ADAMAS_DATA is /nowhere.*unset ADAMAS_DATA"):
        workload.steps_per_epoch(64)


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("train-labels-idx1-ubyte", b"<html>Not found</html>", "is not an IDX file"),
        ("train-labels-idx1-ubyte", b"", "is not an IDX file"),
        ("train-labels-idx1-ubyte", b"\0\0\x08", "is not an IDX file"),
        ("train-labels-idx1-ubyte", b"\0\0\x08\x03\0\0", "is cut short"),
        ("train-labels-idx1-ubyte", gzip.compress(b"cut", mtime=0)[:-6], "damaged gzip data"),
        ("train-labels-idx1-ubyte", packed(np.zeros(91)), "do not fit"),
        ("train-labels-idx1-ubyte", packed(np.full(90, 11)), "labels are 0 to 9; found 11"),
        ("train-images-idx3-ubyte", packed(np.zeros((90, 784))), "do not fit"),
        ("train-images-idx3-ubyte", packed(np.zeros((9, 28, 28)))[:-1], "holds 7,055 numbers"),
    ],
)
def test_a_wrong_file_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, data: bytes, words: str
) -> None:
    write(tmp_path, {**mnist_files(), name: data}, zipped=False)
    monkeypatch.setenv("ADAMAS_DATA", str(tmp_path))
    with pytest.raises(OptionError, match=words) as caught:
        get("mnist").evaluate({})
    assert "train" in str(caught.value)


def test_idx_of_any_number_of_dimensions() -> None:
    for shape in [(7,), (3, 4), (2, 3, 4)]:
        array = np.arange(np.prod(shape)).reshape(shape)
        np.testing.assert_array_equal(idx.read(packed(array), "a file"), array)
        np.testing.assert_array_equal(idx.read(gzip.compress(packed(array)), "a file"), array)


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder and keeps what was asked for."""

    asked: list[str]

    def log_message(self, *arguments: object) -> None:
        self.asked.append(self.path)


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, list[str]]]:
    """A server on this machine that has our small files, whose checksums are the expected ones."""
    write(tmp_path / "served", mnist_files(), zipped=True)
    monkeypatch.delenv("ADAMAS_DATA")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(
        mnist, "CONTENTS", {n: hashlib.sha256(d).hexdigest() for n, d in mnist_files().items()}
    )
    asked: list[str] = []
    handler = type("Handler", (Quiet,), {"asked": asked})
    served = partial(handler, directory=str(tmp_path / "served"))
    with ThreadingHTTPServer(("127.0.0.1", 0), served) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/", asked
        server.shutdown()
        thread.join()


def labels() -> list[int]:
    return get("mnist").train.labels.tolist()  # type: ignore[attr-defined]


def test_a_download_is_verified_and_kept(mirror, tmp_path, monkeypatch, capsys) -> None:
    url, asked = mirror
    # The first mirror has nothing; that is no reason to give up.
    monkeypatch.setattr(mnist, "MIRRORS", ((tmp_path / "nothing").as_uri() + "/", url))
    expected = [i % 10 for i in range(90)]
    assert labels() == expected
    assert len(asked) == 4
    assert capsys.readouterr().err.count("Downloading") == 8
    kept = tmp_path / "cache/adamas/mnist"
    assert sorted(path.name for path in kept.iterdir()) == sorted(
        f"{name}.gz" for name in mnist.CONTENTS
    )
    assert labels() == expected
    assert len(asked) == 4  # nothing was asked for again
    # Damage on the disk is noticed and mended.
    (kept / "train-labels-idx1-ubyte.gz").write_bytes(b"damaged")
    assert labels() == expected
    assert len(asked) == 5


def test_a_file_url_serves_as_a_mirror(mirror, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(mnist, "MIRRORS", ((tmp_path / "served").as_uri() + "/",))
    assert len(labels()) == 90


@pytest.mark.parametrize(
    "wrong",
    [packed(np.zeros(90)), b"<html>", b"\x1f\x8bnot gzip at all"],
    ids=["other labels", "a page", "damaged"],
)
def test_other_content_is_refused_and_not_kept(mirror, tmp_path, monkeypatch, wrong) -> None:
    monkeypatch.setattr(mnist, "MIRRORS", (mirror[0],))
    (tmp_path / "served/train-labels-idx1-ubyte.gz").write_bytes(wrong)
    with pytest.raises(OptionError, match=r"train-labels.*SHA-256 differs.*set ADAMAS_DATA"):
        labels()
    assert not (tmp_path / "cache/adamas/mnist/train-labels-idx1-ubyte.gz").exists()


def test_the_same_content_packed_otherwise_is_right(mirror, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(mnist, "MIRRORS", (mirror[0],))
    path = tmp_path / "served/train-labels-idx1-ubyte.gz"
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()), compresslevel=1))
    assert len(labels()) == 90


def test_without_a_network_one_line_says_what_to_do(mirror, monkeypatch) -> None:
    monkeypatch.setattr(mnist, "MIRRORS", ("http://127.0.0.1:9/",))
    with pytest.raises(OptionError, match=r"could not be downloaded.*four IDX files"):
        labels()


def test_a_cache_that_cannot_be_written_is_no_obstacle(
    mirror, tmp_path, monkeypatch, capsys
) -> None:
    monkeypatch.setattr(mnist, "MIRRORS", (mirror[0],))
    (tmp_path / "cache").write_text("a file where a folder should be")
    assert len(labels()) == 90
    assert "not kept" in capsys.readouterr().err
