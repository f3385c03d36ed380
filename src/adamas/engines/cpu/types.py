"""Storage types: how a type is loaded from memory into the arithmetic type and stored back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from llvmlite import ir  # noqa: TID253 - this folder is imported only where the engine is used

DOUBLE = ir.DoubleType()
FLOAT = ir.FloatType()
I1 = ir.IntType(1)
I8 = ir.IntType(8)
I16 = ir.IntType(16)
I32 = ir.IntType(32)
I64 = ir.IntType(64)
POINTER = ir.PointerType()
VECTOR_BYTES = 64


@dataclass(frozen=True)
class Storage:
    """A type in memory. `bits` is what is loaded and stored; arithmetic is done in `working`."""

    name: str
    size: int
    bits: Any
    working: Any

    @property
    def lanes(self) -> int:
        """Elements per vector."""
        return VECTOR_BYTES // (8 if self.working is DOUBLE else 4)

    def to_working(self, builder: ir.IRBuilder, value: Any, name: str) -> Any:
        """A loaded vector in the arithmetic type."""
        lanes = value.type.count
        if self.name == "float16":
            return builder.fpext(value, ir.VectorType(FLOAT, lanes), name)
        if self.name == "bfloat16":
            wide = builder.zext(value, ir.VectorType(I32, lanes))
            shifted = builder.shl(wide, splat(builder, I32(16), lanes))
            return builder.bitcast(shifted, ir.VectorType(FLOAT, lanes), name)
        return value

    def from_working(self, builder: ir.IRBuilder, value: Any) -> Any:
        """A vector as it is stored: rounded once, to the nearest, ties to even."""
        lanes = value.type.count
        if self.name == "float16":
            return builder.fptrunc(value, ir.VectorType(ir.HalfType(), lanes))
        if self.name == "bfloat16":
            return _to_bfloat16(builder, value, lanes)
        return value


def _to_bfloat16(builder: ir.IRBuilder, value: Any, lanes: int) -> Any:
    """Round float32 to its upper half in integer arithmetic; a NaN stays a (quiet) NaN."""

    def all_of(number: int) -> Any:
        return splat(builder, I32(number), lanes)

    bits = builder.bitcast(value, ir.VectorType(I32, lanes))
    odd = builder.and_(builder.lshr(bits, all_of(16)), all_of(1))
    rounded = builder.add(bits, builder.add(odd, all_of(0x7FFF)))
    is_nan = builder.fcmp_unordered("uno", value, value)
    quiet = builder.or_(bits, all_of(0x00400000))
    upper = builder.lshr(builder.select(is_nan, quiet, rounded), all_of(16))
    return builder.trunc(upper, ir.VectorType(I16, lanes))


def splat(builder: ir.IRBuilder, value: Any, lanes: int) -> Any:
    """A vector with `value` in every lane."""
    kind = ir.VectorType(value.type, lanes)
    if isinstance(value, ir.Constant):
        return ir.Constant(kind, [value] * lanes)
    one = builder.insert_element(ir.Constant(kind, ir.Undefined), value, I32(0))
    return builder.shuffle_vector(
        one,
        ir.Constant(kind, ir.Undefined),
        ir.Constant(ir.VectorType(I32, lanes), [I32(0)] * lanes),
    )


STORAGE = {
    "float64": Storage("float64", 8, DOUBLE, DOUBLE),
    "float32": Storage("float32", 4, FLOAT, FLOAT),
    "float16": Storage("float16", 2, ir.HalfType(), FLOAT),
    "bfloat16": Storage("bfloat16", 2, I16, FLOAT),
}


@dataclass(frozen=True)
class Kind:
    """The types a kernel is compiled for, by name: of parameter, gradient and slots."""

    parameter: str
    gradient: str
    slot: str

    def storage(self, role: str) -> Storage:
        """The storage type of an element input or output."""
        return STORAGE[
            {"parameter": self.parameter, "gradient": self.gradient}.get(role, self.slot)
        ]

    @property
    def working(self) -> Any:
        """The arithmetic type."""
        return DOUBLE if self.parameter == "float64" else FLOAT

    @property
    def lanes(self) -> int:
        """Elements per vector."""
        return VECTOR_BYTES // (8 if self.working is DOUBLE else 4)

    def __str__(self) -> str:
        return f"{self.parameter}, slots {self.slot}"
