"""Code: loops, conditions and table access over llvmlite's builder, for the runtime."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from llvmlite import ir  # noqa: TID253

from adamas.engines.cpu.types import DOUBLE, I8, I32, I64, POINTER


class Code:
    """A builder at work in one function. Tables are addresses held in 64-bit integers."""

    def __init__(self, function: ir.Function):
        self.function = function
        self.entry = function.append_basic_block("entry")
        self.builder = ir.IRBuilder(self.entry)

    # Values -------------------------------------------------------------------------------------

    def add(self, *values: Any) -> Any:
        """The sum of integers."""
        total = values[0]
        for value in values[1:]:
            total = self.builder.add(total, whole(value))
        return total

    def mul(self, a: Any, b: Any) -> Any:
        """The product of integers."""
        return self.builder.mul(a, whole(b))

    def equal(self, a: Any, b: Any) -> Any:
        """Whether two integers are equal."""
        return self.builder.icmp_signed("==", a, whole(b) if isinstance(b, int) else b)

    def differ(self, a: Any, b: Any) -> Any:
        """Whether two integers differ."""
        return self.builder.icmp_signed("!=", a, whole(b) if isinstance(b, int) else b)

    def less(self, a: Any, b: Any) -> Any:
        """Whether a < b."""
        return self.builder.icmp_signed("<", a, whole(b))

    # Memory -------------------------------------------------------------------------------------

    def at(self, table: Any, *offsets: Any) -> Any:
        """A pointer to a 64-bit entry of a table; offsets count entries."""
        index = whole(offsets[0])
        for offset in offsets[1:]:
            index = self.builder.add(index, whole(offset))
        return self.builder.gep(self.pointer(table), [index], source_etype=I64)

    def pointer(self, address: Any) -> Any:
        """An address as a pointer."""
        return address if address.type == POINTER else self.builder.inttoptr(address, POINTER)

    def get(self, table: Any, *offsets: Any) -> Any:
        """A 64-bit integer from a table."""
        return self.builder.load(self.at(table, *offsets), typ=I64)

    def put(self, value: Any, table: Any, *offsets: Any) -> None:
        """Store a 64-bit integer or a float64 into a table."""
        self.builder.store(
            whole(value) if isinstance(value, int) else value, self.at(table, *offsets)
        )

    def number(self, table: Any, *offsets: Any) -> Any:
        """A float64 from a table."""
        return self.builder.load(self.at(table, *offsets), typ=DOUBLE)

    def field(self, address: Any, bytes_: int, kind: Any = I64) -> Any:
        """What stands `bytes_` behind an address."""
        place = self.builder.gep(self.pointer(address), [I64(bytes_)], source_etype=I8)
        return self.builder.load(place, typ=kind)

    def variable(self, kind: Any, value: Any) -> Any:
        """A local that can change; read it with `read`, set it with `builder.store`."""
        with self.builder.goto_block(self.entry):
            first = self.entry.instructions[0] if self.entry.instructions else None
            if first is not None:
                self.builder.position_before(first)
            place = self.builder.alloca(kind)
        self.builder.store(value, place)
        return place

    def read(self, place: Any) -> Any:
        """The present value of a local."""
        return self.builder.load(place, typ=place.allocated_type)

    def function_at(self, address: Any, signature: ir.FunctionType) -> Any:
        """An address as a function that can be called."""
        return self.builder.inttoptr(address, signature.as_pointer())

    def external(self, name: str, result: Any, *operands: Any) -> Any:
        """Call a function of LLVM or of the C library."""
        module = self.function.module
        function = module.globals.get(name)
        if function is None:
            signature = ir.FunctionType(result, [operand.type for operand in operands])
            function = ir.Function(module, signature, name)
        return self.builder.call(function, operands)

    def publish(self, value: Any, table: Any, place: int) -> None:
        """Set a counter so that other threads see everything that was written before it."""
        self.builder.atomic_rmw("xchg", self.at(table, place), value, "seq_cst")

    # Flow ---------------------------------------------------------------------------------------

    @contextmanager
    def loop(self, count: Any, start: Any = 0) -> Iterator[Any]:
        """Repeat for an index from `start` to `count`; yields the index."""
        builder = self.builder
        head = self.function.append_basic_block("loop")
        body = self.function.append_basic_block("body")
        after = self.function.append_basic_block("after")
        index = self.variable(I64, whole(start))
        builder.branch(head)
        builder.position_at_end(head)
        value = self.read(index)
        builder.cbranch(builder.icmp_signed("<", value, whole(count)), body, after)
        builder.position_at_end(body)
        yield value
        if not builder.block.is_terminated:
            builder.store(builder.add(value, I64(1)), index)
            builder.branch(head)
        builder.position_at_end(after)

    @contextmanager
    def forever(self) -> Iterator[Any]:
        """Repeat until the body branches to the block that is yielded."""
        builder = self.builder
        body = self.function.append_basic_block("body")
        after = self.function.append_basic_block("after")
        builder.branch(body)
        builder.position_at_end(body)
        yield after
        if not builder.block.is_terminated:
            builder.branch(body)
        builder.position_at_end(after)

    def when(self, condition: Any) -> Any:
        """A block that runs only where the condition holds."""
        return self.builder.if_then(condition)

    def leave(self, condition: Any, value: int | Any) -> None:
        """Return `value` from the function where the condition holds."""
        with self.builder.if_then(condition):
            self.builder.ret(whole(value))


def whole(value: Any) -> Any:
    """A Python integer as a 64-bit constant; anything else as it is."""
    return I64(value) if isinstance(value, int) else value


def define(
    module: ir.Module, name: str, result: Any, *arguments: Any
) -> tuple[Code, tuple[Any, ...]]:
    """A new function with its code; arguments are (name, type)."""
    signature = ir.FunctionType(result, [kind for _, kind in arguments])
    function = ir.Function(module, signature, name)
    function.attributes.add("nounwind")
    for argument, (text, _) in zip(function.args, arguments, strict=True):
        argument.name = text
    return Code(function), function.args


__all__ = ["I32", "Code", "define", "whole"]
