"""Histograms inside a pass: a sample of the vectors is counted by size, then handed over.

Counting is scalar work, one element after the other. Of every sixteenth vector it costs a few per
cent of a pass that is bound by memory; of a small tensor every vector is counted. Which ones is
decided by a hash of their place, so that no column of a matrix is always left out.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # noqa: TID253

from adamas.engines.cpu.types import DOUBLE, I32, I64, Kind, splat
from adamas.scope.histogram import BINS, HALF, LOW, PARTS

# A tensor (or the last part of one) of at most this many elements is counted whole.
SMALL = 4096
# 2**64 divided by the golden ratio: the upper bits of its multiples are spread evenly.
SPREAD = 0x9E3779B97F4A7C15


class Counter:
    """Counts the values of one quantity while a chunk is stepped."""

    def __init__(self, builder: ir.IRBuilder, kind: Kind, count: Any):
        self.kind = kind
        self.table = builder.alloca(ir.ArrayType(I32, BINS))
        builder.store(ir.Constant(ir.ArrayType(I32, BINS), None), self.table)
        self.small = builder.icmp_signed("<=", count, I64(SMALL))

    def count(self, builder: ir.IRBuilder, vector: Any, index: Any, mask: Any) -> None:
        """Count one vector, if it belongs to the sample."""
        hashed = builder.lshr(builder.mul(index, I64(SPREAD)), I64(60))
        chosen = builder.or_(self.small, builder.icmp_signed("==", hashed, I64(0)))
        with builder.if_then(chosen):
            bins = self._bins(builder, vector)
            for lane in range(self.kind.lanes):
                place = builder.zext(builder.extract_element(bins, I64(lane)), I64)
                cell = builder.gep(self.table, [I64(0), place])
                one = I32(1)
                if mask is not None:
                    one = builder.zext(builder.extract_element(mask, I64(lane)), I32)
                builder.store(builder.add(builder.load(cell, typ=I32), one), cell)

    def _bins(self, builder: ir.IRBuilder, vector: Any) -> Any:
        """`scope.histogram.place`, from a number's own bits: exponent and first two digits."""
        wide = self.kind.working is DOUBLE
        whole, digits, bias = (I64, 52, 1023) if wide else (I32, 23, 127)
        lanes = self.kind.lanes

        def all_of(number: int) -> Any:
            return splat(builder, whole(number), lanes)

        bits = builder.bitcast(vector, ir.VectorType(whole, lanes))
        negative = builder.icmp_signed("<", bits, all_of(0))
        size = builder.and_(bits, all_of((1 << (63 if wide else 31)) - 1))
        octave = builder.lshr(size, all_of(digits - PARTS.bit_length() + 1))
        within = builder.sub(octave, all_of((bias + LOW) * PARTS))
        low = builder.icmp_signed("<", within, all_of(0))
        within = builder.select(low, all_of(0), within)
        high = builder.icmp_signed(">", within, all_of(HALF - 1))
        within = builder.select(high, all_of(HALF - 1), within)
        below = builder.sub(all_of(HALF - 1), within)
        bins = builder.select(negative, below, builder.add(all_of(HALF), within))
        return builder.trunc(bins, ir.VectorType(I32, lanes)) if wide else bins

    def hand_over(self, builder: ir.IRBuilder, tables: Any, place: int) -> None:
        """Add the counts to the tensor's; whole numbers, so that the order does not matter."""
        function = builder.function
        before = builder.block
        body = function.append_basic_block("counts")
        after = function.append_basic_block("counted")
        builder.branch(body)
        builder.position_at_end(body)
        index = builder.phi(I64)
        index.add_incoming(I64(0), before)
        number = builder.load(builder.gep(self.table, [I64(0), index]), typ=I32)
        with builder.if_then(builder.icmp_signed("!=", number, I32(0))):
            cell = builder.gep(tables, [builder.add(index, I64(place * BINS))], source_etype=I64)
            builder.atomic_rmw("add", cell, builder.zext(number, I64), "monotonic")
        following = builder.add(index, I64(1))
        index.add_incoming(following, builder.block)
        builder.cbranch(builder.icmp_signed("<", following, I64(BINS)), body, after)
        builder.position_at_end(after)
