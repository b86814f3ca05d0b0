"""The scalar functions that stay vectorised inside the loops of kernels."""

import math

import numpy as np
import pytest

pytest.importorskip("numba")

from numba import njit

from memnets.backends.numba.compiler import jit
from memnets.backends.numba.compiler.jit import exp, log, sigmoid, softplus, tanh


@njit(error_model="numpy", fastmath=jit._ORDER_FREE)
def apply(which, x, out):
    if which == 0:
        for n in range(len(x)):
            out[n] = exp(x[n])
    elif which == 1:
        for n in range(len(x)):
            out[n] = log(x[n])
    elif which == 2:
        for n in range(len(x)):
            out[n] = tanh(x[n])
    elif which == 3:
        for n in range(len(x)):
            out[n] = sigmoid(x[n])
    else:
        for n in range(len(x)):
            out[n] = softplus(x[n])


EXP, LOG, TANH, SIGMOID, SOFTPLUS = range(5)


def of(which: int, *x: float) -> np.ndarray:
    values, out = np.array(x, np.float32), np.full(len(x), 7, np.float32)
    apply(which, values, out)
    return out


def spread(low: float, high: float) -> np.ndarray:
    """Many numbers of a range, and many small ones of either sign."""
    tiny = np.geomspace(1e-30, min(1.0, max(-low, high)), 5_000)
    numbers = np.concatenate([np.linspace(low, high, 50_001), tiny, -tiny])
    return numbers[(numbers >= low) & (numbers <= high)].astype(np.float32)


def relative(which: int, x: np.ndarray, exact: np.ndarray) -> float:
    found = of(which, *x).astype(np.float64)
    return float((np.abs(found - exact) / np.maximum(np.abs(exact), 1e-37)).max())


def test_exp():
    x = spread(-87.2, 88.2)
    assert relative(EXP, x, np.exp(x.astype(np.float64))) < 2e-7
    assert of(EXP, 0.0) == 1


def test_exp_beyond_float32_is_zero_below_and_stays_finite_above():
    assert (of(EXP, -87.4, -1e3, -1e30, -np.inf) == 0).all()
    np.testing.assert_allclose(of(EXP, 88.4, 1e3, 1e30, np.inf), np.exp(88.3), rtol=1e-5)


def test_log():
    x = np.concatenate([np.geomspace(1.2e-38, 3.4e38, 50_001), np.linspace(0.5, 2, 20_001)])
    x = x.astype(np.float32)
    assert relative(LOG, x, np.log(x.astype(np.float64))) < 2e-7
    assert of(LOG, 1.0) == 0


def test_tanh():
    x = spread(-30, 30)
    assert relative(TANH, x, np.tanh(x.astype(np.float64))) < 3e-7
    assert (np.abs(of(TANH, *spread(-1e4, 1e4))) <= 1).all()
    np.testing.assert_allclose(of(TANH, -np.inf, 0, np.inf), [-1, 0, 1], atol=1e-7)


def test_sigmoid():
    x = spread(-87, 60)
    exact = 1 / (1 + np.exp(-x.astype(np.float64)))
    assert relative(SIGMOID, x, exact) < 4e-7
    np.testing.assert_allclose(of(SIGMOID, -np.inf, -1e4, 1e4, np.inf), [0, 0, 1, 1], atol=1e-37)


def test_softplus():
    x = spread(-85, 1e4)
    assert relative(SOFTPLUS, x, np.logaddexp(0, x.astype(np.float64))) < 1e-7


@pytest.mark.parametrize("which", [EXP, TANH, SIGMOID, SOFTPLUS, LOG])
def test_nan_stays_nan(which):
    # many numbers, so that both the vectorised loop and its remainder run
    values = of(which, *[math.nan, 0.5] * 21, math.nan)
    assert np.isnan(values[::2]).all()
    assert np.isfinite(values[1::2]).all()
