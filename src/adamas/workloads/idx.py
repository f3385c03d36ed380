"""The IDX format of MNIST's files: bytes come in, an array of small integers goes out.

Two zero bytes, the type (8: unsigned bytes), the number of dimensions; the length of each as four
bytes, the highest first; then the numbers.
"""

import gzip
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adamas.errors import OptionError

UNSIGNED_BYTES = 8


def unpacked(data: bytes) -> bytes:
    """Return `data` without its gzip wrapping, if it has one."""
    if not data.startswith(b"\x1f\x8b"):
        return data
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise OptionError(f"damaged gzip data ({error})") from None


def read(data: bytes, what: str) -> NDArray[Any]:
    """Return the array in `data`, gzipped or not; `what` is its name in an error."""
    try:
        data = unpacked(data)
    except OptionError as error:
        raise OptionError(f"{what}: {error}. Fetch the file again.") from None
    if len(data) < 4 or data[:2] != b"\0\0" or data[2] != UNSIGNED_BYTES:
        raise OptionError(f"{what} is not an IDX file of unsigned bytes: it begins {data[:4]!r}.")
    ndim = data[3]
    if len(data) < 4 + 4 * ndim:
        raise OptionError(f"{what} is cut short. Fetch the file again.")
    shape = tuple(np.frombuffer(data, ">u4", count=ndim, offset=4).tolist())
    numbers = np.frombuffer(data, np.uint8, offset=4 + 4 * ndim)
    if numbers.size != np.prod(shape, dtype=np.int64):
        raise OptionError(
            f"{what} says its shape is {shape} but holds {numbers.size:,} numbers. "
            "Fetch the file again."
        )
    return numbers.reshape(shape)
