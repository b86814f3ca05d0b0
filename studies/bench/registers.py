"""A loop of independent fused multiply-adds that never leaves the registers; needs numba.

Written in LLVM's own language, because no compiler turns scalar sums into vectors by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic


def kernel(lanes: int, vectors: int) -> Callable[[float, int], float]:
    """`kernel(x, rounds)` does rounds × lanes × vectors multiply-adds, 2 FLOP each.

    It holds no lock, so threads run it side by side.
    """
    vector = ir.VectorType(ir.FloatType(), lanes)

    def spread(builder: Any, value: Any) -> Any:
        filled = ir.Constant(vector, ir.Undefined)
        for lane in range(lanes):
            filled = builder.insert_element(filled, value, ir.Constant(ir.IntType(32), lane))
        return filled

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        value, rounds = arguments
        factor = spread(builder, value)
        sums = []
        for number in range(vectors):
            sums.append(cgutils.alloca_once(builder, vector))
            # sums that start alike would be computed once
            start = builder.fadd(value, ir.Constant(ir.FloatType(), float(number)))
            builder.store(spread(builder, start), sums[-1])
        fused = {"flags": ["contract"]}
        with cgutils.for_range(builder, rounds):
            for place in sums:
                product = builder.fmul(builder.load(place), factor, **fused)
                builder.store(builder.fadd(product, factor, **fused), place)
        total = builder.load(sums[0])
        for place in sums[1:]:
            total = builder.fadd(total, builder.load(place))
        # every lane is part of the result, or it would be dropped
        result = builder.extract_element(total, ir.Constant(ir.IntType(32), 0))
        for lane in range(1, lanes):
            element = builder.extract_element(total, ir.Constant(ir.IntType(32), lane))
            result = builder.fadd(result, element)
        return result

    @intrinsic
    def chain(context, x, rounds):
        return types.float32(types.float32, types.int64), generate

    @numba.njit("float32(float32, int64)", nogil=True)
    def run(x, rounds):
        return chain(x, rounds)

    return run
