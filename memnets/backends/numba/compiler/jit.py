"""How a kernel is compiled, and the scalar functions that stay vectorised inside its loops.

LLVM vectorises a loop only if it knows the code of every function that the loop calls. So `exp` and
`log` are polynomials here, with the coefficients of Cephes and a relative error of 2e-7, and `tanh`
is a ratio of two, with the coefficients of Eigen and a relative error of 3e-7.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from llvmlite import binding, ir
from numba import config, extending, njit, types

from .cache import is_cacheable
from .library import KernelCompiler
from .once import once_per_machine

# a kernel has more arrays than LLVM by default compares for overlap before it vectorises a loop
binding.set_option("memnets", "--runtime-memory-check-threshold=100")

# numba's annotations leave out much of what it takes
_intrinsic: Any = extending.intrinsic
_njit: Any = njit
_config: Any = config

ZERO, HALF, ONE, TWO = (np.float32(x) for x in (0.0, 0.5, 1.0, 2.0))

_ORDER_FREE = {"reassoc", "contract", "nsz", "arcp", "afn"}
"""Sums may be taken in any order, products fused with sums; NaN stays NaN."""


def kernel(function: Any) -> Any:
    """Compiles a function of float32 arrays; a call of it lets other threads run."""
    return _compiled(function, fastmath=_ORDER_FREE)


def exact(function: Any) -> Any:
    """Compiles a kernel that adds in the order written."""
    return _compiled(function, fastmath={"contract"})


def scalar(function: Any) -> Any:
    """Compiles a function of numbers into the loops that call it."""
    return _compiled(function, fastmath={"contract"}, forceinline=True)


def part(function: Any) -> Any:
    """Copies a function into the kernels that call it; it is never compiled alone."""
    return njit(inline="always")(function)


def _compiled(function: Any, **options: Any) -> Any:
    """Numba's function, twice: to be called from Python, and as a part of other kernels."""
    if _config.DISABLE_JIT:
        raise ImportError("NUMBA_DISABLE_JIT is set")
    options |= {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}
    compiled, part_of_others = (
        _njit(pipeline_class=KernelCompiler, no_cpython_wrapper=is_part, **options)(function)
        for is_part in (False, True)
    )
    # numba asks the function itself when it compiles a call of it
    compiled.get_call_template = part_of_others.get_call_template
    compiled.get_overload = part_of_others.get_overload
    compiled.part_of_others = part_of_others
    # a function of a notebook or of another function has no file to go by
    if is_cacheable(function):
        once_per_machine(compiled, "whole")
        once_per_machine(part_of_others, "part")
    return compiled


@_intrinsic
def _float_of(typing: Any, bits: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.FloatType())

    return types.float32(types.int32), generate


@_intrinsic
def _bits_of(typing: Any, value: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.IntType(32))

    return types.int32(types.float32), generate


@_intrinsic
def _nearest(typing: Any, value: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        rint = builder.module.declare_intrinsic("llvm.rint", [ir.FloatType()])
        return builder.call(rint, arguments)

    return types.float32(types.float32), generate


_LOG2_E, _LN2_HIGH, _LN2_LOW = (np.float32(x) for x in (1.44269504, 0.693359375, -2.12194440e-4))
_EXP = tuple(
    np.float32(x)
    for x in (
        1.9875691500e-4,
        1.3981999507e-3,
        8.3334519073e-3,
        4.1665795894e-2,
        1.6666665459e-1,
        5.0000001201e-1,
    )
)
_EXP_LOWEST, _EXP_HIGHEST = np.float32(-87.3), np.float32(88.3)
_BIAS, _MANTISSA_BITS = np.int32(127), np.int32(23)


@scalar
def exp(x: Any) -> Any:
    """The exponential in float32: 0 for x below -87.3, and e^88.3 for x above 88.3."""
    x = np.float32(x)
    y = min(max(x, _EXP_LOWEST), _EXP_HIGHEST)
    n = _nearest(y * _LOG2_E)
    r = (y - n * _LN2_HIGH) - n * _LN2_LOW
    p = _EXP[0]
    p = p * r + _EXP[1]
    p = p * r + _EXP[2]
    p = p * r + _EXP[3]
    p = p * r + _EXP[4]
    p = p * r + _EXP[5]
    p = (p * r * r + r) + ONE
    value = p * _float_of(np.int32((np.int32(n) + _BIAS) << _MANTISSA_BITS))
    return value if x >= _EXP_LOWEST else (ZERO if x < _EXP_LOWEST else x)


_LOG = tuple(
    np.float32(x)
    for x in (
        7.0376836292e-2,
        -1.1514610310e-1,
        1.1676998740e-1,
        -1.2420140846e-1,
        1.4249322787e-1,
        -1.6668057665e-1,
        2.0000714765e-1,
        -2.4999993993e-1,
        3.3333331174e-1,
    )
)
_SQRT_HALF_BITS = np.int32(0x3F3504F3)
_MANTISSA = np.int32(0x007FFFFF)


@scalar
def log(x: Any) -> Any:
    """Natural logarithm in float32 of positive normal numbers; NaN stays NaN."""
    x = np.float32(x)
    bits = _bits_of(x)
    e = np.int32((bits - _SQRT_HALF_BITS) >> _MANTISSA_BITS)
    m = _float_of(np.int32(bits - np.int32(e << _MANTISSA_BITS))) - ONE
    n = np.float32(e)
    z = m * m
    p = _LOG[0]
    p = p * m + _LOG[1]
    p = p * m + _LOG[2]
    p = p * m + _LOG[3]
    p = p * m + _LOG[4]
    p = p * m + _LOG[5]
    p = p * m + _LOG[6]
    p = p * m + _LOG[7]
    p = p * m + _LOG[8]
    y = m * z * p + n * _LN2_LOW - HALF * z
    value = (m + y) + n * _LN2_HIGH
    return value if x == x else x


_TANH_OVER = tuple(
    np.float32(x)
    for x in (
        -2.76076847742355e-16,
        2.00018790482477e-13,
        -8.60467152213735e-11,
        5.12229709037114e-08,
        1.48572235717979e-05,
        6.37261928875436e-04,
        4.89352455891786e-03,
    )
)
_TANH_UNDER = tuple(
    np.float32(x)
    for x in (
        1.19825839466702e-06,
        1.18534705686654e-04,
        2.26843463243900e-03,
        4.89352518554385e-03,
    )
)
_TANH_LARGE = np.float32(7.95)


@scalar
def tanh(x: Any) -> Any:
    """Hyperbolic tangent in float32; exactly 1 beyond 7.95, so that its slope is 0 there."""
    x = np.float32(x)
    y = _TANH_LARGE if x > _TANH_LARGE else (-_TANH_LARGE if x < -_TANH_LARGE else x)
    z = y * y
    p = _TANH_OVER[0]
    p = p * z + _TANH_OVER[1]
    p = p * z + _TANH_OVER[2]
    p = p * z + _TANH_OVER[3]
    p = p * z + _TANH_OVER[4]
    p = p * z + _TANH_OVER[5]
    p = p * z + _TANH_OVER[6]
    q = _TANH_UNDER[0]
    q = q * z + _TANH_UNDER[1]
    q = q * z + _TANH_UNDER[2]
    q = q * z + _TANH_UNDER[3]
    value = y * p / q
    return ONE if x > _TANH_LARGE else (-ONE if x < -_TANH_LARGE else value)


@scalar
def sigmoid(x: Any) -> Any:
    """1 / (1 + e^-x) in float32."""
    return ONE / (ONE + exp(-x))


@exact
def softplus(x: Any) -> Any:
    """log(1 + e^x), accurate where e^x is small; too slow for inner loops."""
    return np.float32(max(np.float64(x), 0.0) + math.log1p(math.exp(-abs(np.float64(x)))))
