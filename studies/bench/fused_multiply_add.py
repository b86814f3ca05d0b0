"""A loop of independent fused multiply-adds in registers, to measure peak arithmetic; needs numba.

It is written in LLVM's own language, because compilers do not vectorise such a loop by themselves.
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
    """`kernel(x, passes)` does passes × lanes × vectors multiply-adds of 2 FLOP each.

    It releases Python's lock, so that threads run it at the same time.
    """
    vector = ir.VectorType(ir.FloatType(), lanes)

    def spread(builder: Any, value: Any) -> Any:
        filled = ir.Constant(vector, ir.Undefined)
        for lane in range(lanes):
            filled = builder.insert_element(filled, value, ir.Constant(ir.IntType(32), lane))
        return filled

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        value, passes = arguments
        factor = spread(builder, value)
        sums = []
        for number in range(vectors):
            sums.append(cgutils.alloca_once(builder, vector))
            # the compiler would merge sums that start with the same value
            start = builder.fadd(value, ir.Constant(ir.FloatType(), float(number)))
            builder.store(spread(builder, start), sums[-1])
        fused = {"flags": ["contract"]}
        with cgutils.for_range(builder, passes):
            for place in sums:
                product = builder.fmul(builder.load(place), factor, **fused)
                builder.store(builder.fadd(product, factor, **fused), place)
        total = builder.load(sums[0])
        for place in sums[1:]:
            total = builder.fadd(total, builder.load(place))
        # the compiler would drop lanes that the result does not use
        result = builder.extract_element(total, ir.Constant(ir.IntType(32), 0))
        for lane in range(1, lanes):
            element = builder.extract_element(total, ir.Constant(ir.IntType(32), lane))
            result = builder.fadd(result, element)
        return result

    @intrinsic
    def chain(context, x, passes):
        return types.float32(types.float32, types.int64), generate

    @numba.njit("float32(float32, int64)", nogil=True)
    def run(x, passes):
        return chain(x, passes)

    return run
