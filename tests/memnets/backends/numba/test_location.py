"""Addressing by location in kernels against the pure functions in float64."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

pytest.importorskip("numba")

from memnets.backends.numba import location as kernels
from memnets.equations import location

from .against import adds, close, double, normal, uniform, unset, weighting

SIZES = [(1, 1, 1), (3, 7, 3), (2, 128, 1), (1, 2, 2)]
"""Samples, slots, heads."""
RAW = arrays(np.float32, (2, 2, 9), elements=st.floats(0.0, 1.0, width=32))


def normalised(raw: np.ndarray) -> np.ndarray:
    raw = raw.copy()
    raw[..., 0] += np.float32(0.5)
    return raw / raw.sum(-1, keepdims=True)


@pytest.mark.parametrize(("B", "N", "H"), SIZES)
@pytest.mark.parametrize("gates", ["between", "ends"])
def test_interpolate(B, N, H, gates):
    content, before, grad = weighting(B, H, N), weighting(B, H, N, seed=1), normal(B, H, N)
    gate, out = uniform(B, H), unset(B, H, N)
    if gates == "ends":
        gate = np.round(gate)
    kernels.interpolate(content, before, gate, out)
    into = double(content, before, gate)
    value = location.interpolate(*into)
    close(out, value)
    adds(kernels.interpolate_vjp, (content, before, gate, grad), value, grad, into)


@pytest.mark.parametrize(("B", "N", "H"), SIZES)
@pytest.mark.parametrize("D", [1, 3, 5, 9])
def test_shift_also_further_than_around(B, N, H, D):
    before, shares, grad = weighting(B, H, N), weighting(B, H, D, seed=1), normal(B, H, N)
    out, into = unset(B, H, N), double(before, shares)
    kernels.shift(before, shares, out)
    value = location.shift(*into)
    close(out, value)
    adds(kernels.shift_vjp, (before, shares, grad), value, grad, into)


@pytest.mark.parametrize(("B", "N", "H"), SIZES)
@pytest.mark.parametrize("kind", ["spread", "zeros", "one slot"])
@pytest.mark.parametrize("power", [1.0, 3.0, 40.0])
def test_sharpen_also_of_empty_slots(B, N, H, kind, power):
    before, powers, grad = weighting(B, H, N), 1 + power * uniform(B, H), normal(B, H, N, seed=1)
    if kind != "spread":
        before[:, :, 1 :: 2 if kind == "zeros" else 1] = 0
    out, log, into = unset(B, H, N), unset(B, H, N), double(before, powers)
    kernels.sharpen(before, powers, log, out)
    value = location.sharpen(*into)
    close(out, value)
    close(log, (into[0] + location.LOG_FLOOR).log())
    adds(kernels.sharpen_vjp, (before, powers, log, out, grad), value, grad, into)


@given(RAW, RAW, arrays(np.float32, (2, 2), elements=st.floats(0, 1, width=32)))
def test_the_mass_and_the_sign_of_a_weighting_are_kept(one, two, gate):
    gated, shifted, log, out = (unset(2, 2, 9) for _ in range(4))
    kernels.interpolate(normalised(one), normalised(two), gate, gated)
    kernels.shift(gated, normalised(two)[..., :3] * 0 + np.float32(1 / 3), shifted)
    kernels.sharpen(shifted, 1 + 30 * gate, log, out)
    for weights in (gated, shifted, out):
        np.testing.assert_allclose(weights.sum(-1), 1, rtol=1e-5)
        assert (weights >= 0).all()


@given(RAW, st.integers(0, 4))
def test_all_of_one_shift_moves_a_weighting_around(raw, by):
    shares, out = np.zeros((2, 2, 5), np.float32), unset(2, 2, 9)
    shares[:, :, by] = 1
    kernels.shift(normalised(raw), shares, out)
    np.testing.assert_array_equal(out, np.roll(normalised(raw), by - 2, -1))


@given(RAW)
def test_samples_are_independent(raw):
    before, shares = normalised(raw), normalised(raw)[..., :3].copy()
    out, again = unset(2, 2, 9), unset(2, 2, 9)
    kernels.shift(before, shares, out)
    before[1], shares[1] = np.nan, np.nan
    kernels.shift(before, shares, again)
    np.testing.assert_array_equal(again[0], out[0])
