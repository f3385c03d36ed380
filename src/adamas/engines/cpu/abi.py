"""What compiled code knows of Python: where NumPy's arrays keep what it reads."""

from __future__ import annotations

import ctypes
import sys
from typing import Any

import numpy as np

# Where CPython and NumPy keep what `prepare` reads: PyObject_HEAD, then the fields of
# PyArrayObject_fields in numpy/ndarraytypes.h, which are part of NumPy's ABI. Checked at start.
HEAD = object.__basicsize__
TYPE = HEAD - 8
DATA, NDIM, DIMENSIONS, DESCRIPTOR, FLAGS = HEAD, HEAD + 8, HEAD + 16, HEAD + 40, HEAD + 48
ITEMS = tuple.__basicsize__

# Bits of an array's flags: in C order, in Fortran order, aligned, writeable.
C_ORDER, F_ORDER, ALIGNED, WRITEABLE = 0x1, 0x2, 0x100, 0x400


def layout_holds() -> bool:
    """Whether NumPy's arrays lie in memory as `prepare` reads them; else the engine is not used."""
    array = np.zeros((2, 3), np.float32)

    def at(offset: int, kind: Any) -> int:
        return int(kind.from_address(id(array) + offset).value)

    shape = at(DIMENSIONS, ctypes.c_int64)
    return (
        sys.implementation.name == "cpython"
        and at(TYPE, ctypes.c_int64) == id(np.ndarray)
        and at(DATA, ctypes.c_int64) == array.ctypes.data
        and at(NDIM, ctypes.c_int32) == 2
        and [ctypes.c_int64.from_address(shape + 8 * i).value for i in range(2)] == [2, 3]
        and at(DESCRIPTOR, ctypes.c_int64) == id(array.dtype)
        and at(FLAGS, ctypes.c_int32) & 0x501 == C_ORDER | ALIGNED | WRITEABLE
    )
