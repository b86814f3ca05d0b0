"""Reading and writing in kernels against the pure functions in float64, at every slot or at one."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("numba")

from memnets.backends.numba import memory as kernels
from memnets.backends.numba.memory import DENSE, NOTHING
from memnets.backends.numba.memory_vjp import read_vjp, write_vjp
from memnets.equations import memory
from memnets.types import Address

from .against import adds, close, double, normal, pull, uniform, unset, weighting

SIZES = [(1, 1, 1, 1), (3, 7, 5, 3), (2, 128, 20, 1), (2, 5, 4, 2)]
"""Samples, slots, width, heads."""
USES = ["dense", "sparse", "no-op", "same slot", "mixed"]
"""How heads point; in `mixed` some are no-ops."""


def pointed(B: int, H: int, N: int, use: str) -> tuple[np.ndarray, np.ndarray]:
    """Weights, dense in shape, and slots."""
    if use == "dense":
        return weighting(B, H, N, mass=0.9), np.full((B, H), DENSE)
    slots = np.random.default_rng(N).integers(0, N, (B, H))
    if use == "no-op":
        slots[:] = NOTHING
    if use == "same slot":
        slots[:] = N // 2
    if use == "mixed":
        slots[-1, -1] = slots[0, 0] = NOTHING
    weights = np.zeros((B, H, N + 1), np.float32)
    np.put_along_axis(weights, slots[..., None] % (N + 1), 1, -1)
    return np.ascontiguousarray(weights[..., :N]), slots


def address(weights: torch.Tensor, slots: np.ndarray, dense_gradient: bool) -> Address:
    """What the reference is given: dense where a gradient reaches every weight."""
    if dense_gradient or (slots == DENSE).all():
        return Address(weights, None, weights[..., 0], weights[..., 0])
    at = torch.from_numpy(slots).unsqueeze(-1)
    chosen = (at >= 0).double()
    return Address(chosen, at.clamp_min(0), chosen[..., 0], chosen[..., 0])


@pytest.mark.parametrize(("B", "N", "W", "H"), SIZES)
@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("dense_gradient", [False, True])
def test_read(B, N, W, H, use, dense_gradient):
    contents, grad, out = normal(B, W, N), normal(B, H, W), unset(B, H, W)
    weights, slots = pointed(B, H, N, use)
    kernels.read(contents, weights, slots, out)
    into = double(contents, weights)
    value = memory.read(into[0].transpose(1, 2), address(into[1], slots, dense_gradient))
    close(out, value)
    if not value.requires_grad:
        value = value + 0 * into[0].sum()
    adds(read_vjp, (contents, weights, slots, dense_gradient, grad), value, grad, into)


@pytest.mark.parametrize(("B", "N", "W", "H"), SIZES)
@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("dense_gradient", [False, True])
def test_write(B, N, W, H, use, dense_gradient):
    contents, erase, add = normal(B, W, N), uniform(B, H, W), normal(B, H, W)
    weights, slots = pointed(B, H, N, use)
    erase[:, :, 0] = 1
    out, grad = unset(B, W, N), normal(B, W, N, seed=1)
    kernels.write(contents, weights, slots, erase, add, out)
    into = double(weights, erase, add, contents)
    where = address(into[0], slots, dense_gradient)
    value = memory.write(into[3].transpose(1, 2), where, into[1], into[2]).transpose(1, 2)
    close(out, value)

    def vjp(*arrays):
        """The gradient of the memory is exchanged, not added to."""
        *arguments, to_weights, to_erase, to_add = arrays
        write_vjp(*arguments, grad.copy(), to_weights, to_erase, to_add)

    arguments = (contents, weights, slots, erase, add, dense_gradient)
    adds(vjp, arguments, value, grad, into[:3])
    to_memory = grad.copy()
    write_vjp(*arguments, to_memory, *(np.ones_like(a) for a in (weights, erase, add)))
    close(to_memory, pull(value, grad, into[3:])[0], 1e-4)


@pytest.mark.parametrize(("B", "N", "W", "H"), SIZES)
@pytest.mark.parametrize("use", USES)
def test_a_memory_may_be_written_in_place_bit_for_bit(B, N, W, H, use):
    contents, erase, add, out = normal(B, W, N), uniform(B, H, W), normal(B, H, W), unset(B, W, N)
    weights, slots = pointed(B, H, N, use)
    kernels.write(contents, weights, slots, erase, add, out)
    kernels.write(contents, weights, slots, erase, add, contents)
    np.testing.assert_array_equal(contents, out)


@given(st.sampled_from(USES), st.integers(1, 4), st.integers(1, 9), st.integers(1, 9))
def test_slots_that_no_head_touches_keep_their_content_to_the_bit(use, H, W, N):
    contents, erase, add, out = normal(2, W, N), uniform(2, H, W), normal(2, H, W), unset(2, W, N)
    weights, slots = pointed(2, H, N, use)
    weights[..., 0] = 0
    slots[slots == 0] = NOTHING
    kernels.write(contents, weights, slots, erase, add, out)
    np.testing.assert_array_equal(out[..., 0], contents[..., 0])


@given(st.sampled_from(USES), st.integers(1, 3), st.integers(1, 9))
def test_samples_are_independent(use, H, W):
    contents, erase, add = normal(2, W, 6), uniform(2, H, W), normal(2, H, W)
    weights, slots = pointed(2, H, 6, use)
    outs = []
    for _ in range(2):
        written, read = unset(2, W, 6), unset(2, H, W)
        kernels.write(contents, weights, slots, erase, add, written)
        kernels.read(written, weights, slots, read)
        outs.append((written[0], read[0]))
        contents[1], weights[1], add[1] = np.nan, np.nan, np.nan
    np.testing.assert_array_equal(outs[0][0], outs[1][0])
    np.testing.assert_array_equal(outs[0][1], outs[1][1])
