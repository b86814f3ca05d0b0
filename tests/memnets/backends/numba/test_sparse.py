"""Kernels of sparse access against the pure functions in float64."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

pytest.importorskip("numba")

from memnets.backends.numba import rows, sparse_vjp
from memnets.backends.numba import sparse as kernels
from memnets.backends.numba.memory import DENSE, NOTHING
from memnets.equations import memory, sparse
from memnets.types import Address

from .against import adds, close, double, normal, uniform, unset, weighting

SIZES = [(1, 1, 1, 1), (3, 7, 5, 3), (2, 129, 20, 4)]
"""Samples, slots, width, heads."""
EXACT = {"dtype": torch.float64}


def slots(*shape: int, below: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng((seed, *shape)).integers(below, size=shape)


def no_choice(B: int, H: int) -> torch.Tensor:
    return torch.zeros(B, H, **EXACT)


@given(arrays(np.float32, (3, 9), elements=st.sampled_from([0.0, 1.0, 2.5, math.nan])))
def test_the_least_used_are_the_references_whatever_ties_or_is_not_a_number(usage):
    for count in (1, 4, 9):
        found = np.full((3, count), 99)
        kernels.least_used(usage, found)
        expected = sparse.least_used(torch.from_numpy(usage), count)
        np.testing.assert_array_equal(found, expected)


def write_given(B, N, H, named):
    K = min(4, N)
    read = weighting(B, H, N, mass=0.9)[..., : K if named else N].copy()
    read_slots = slots(B, H, K if named else 1, below=N)
    if not named:
        read_slots[:] = DENSE
    return read, read_slots, slots(B, H, below=N, seed=1), uniform(B, H), uniform(B, H, seed=1)


@pytest.mark.parametrize(("B", "N", "W", "H"), SIZES)
@pytest.mark.parametrize("named", [True, False])
def test_the_write_goes_to_the_last_read_and_the_least_used(B, N, W, H, named):
    read, read_slots, least, gate, read_gate = write_given(B, N, H, named)
    wide = read.shape[-1] + named
    weights, written = unset(B, H, wide), np.full((B, H, read_slots.shape[-1] + 1), 99)
    kernels.write_address(read, read_slots, least, gate, read_gate, weights, written)
    inputs = double(read, gate, read_gate)
    index = torch.from_numpy(read_slots) if named else None
    address = sparse.write_address(inputs[0], index, torch.from_numpy(least), *inputs[1:])
    close(weights, address.weights_BHK)
    np.testing.assert_array_equal(written[..., :-1], read_slots)
    np.testing.assert_array_equal(written[..., -1], least)
    grad = normal(B, H, wide)
    arguments = read, least, gate, read_gate, grad
    adds(sparse_vjp.write_address_vjp, arguments, address.weights_BHK, grad, inputs)


def written(weights: np.ndarray, places: np.ndarray, named: bool) -> Address:
    """What the kernels take as weights and slots of a write, in float64."""
    index = torch.from_numpy(places) if named else None
    return Address(double(weights)[0], index, *[no_choice(*weights.shape[:2])] * 2)


@pytest.mark.parametrize(("B", "N", "W", "H"), SIZES)
@pytest.mark.parametrize("how", ["named", "one slot", "every slot"])
def test_what_is_written_at_few_slots_or_at_all(B, N, W, H, how):
    named, E = how == "named", 5 if how == "named" else 2
    before, new, places = normal(B, W, N), normal(B, H, W), slots(B, H, E, below=N)
    if named:
        weights = uniform(B, H, E)
    else:
        weights = np.zeros((B, H, N), np.float32)
        np.put_along_axis(weights, places, uniform(B, H, E), -1)
    if how == "every slot":
        weights, places[..., 0] = weighting(B, H, N), DENSE
    after = before.copy()
    kernels.add(after, weights, places, named, new)
    (rows_64, new_64), address = double(before, new), written(weights, places, named)
    value = sparse.add(rows_64.transpose(1, 2), address, new_64).transpose(1, 2)
    close(after, value)
    grad = normal(B, W, N, seed=1)
    arguments = weights, places, named, new, how == "one slot", grad
    adds(sparse_vjp.add_vjp, arguments, value, grad, [address.weights_BHK, new_64])


def test_weights_of_slots_that_were_not_written_need_no_gradient():
    weights, places = np.zeros((1, 1, 6), np.float32), np.array([[[NOTHING, 2]]])
    weights[..., 2] = 0.5
    grad, to_weights = normal(1, 3, 6), np.zeros((1, 1, 6), np.float32)
    new = normal(1, 1, 3, seed=1)
    sparse_vjp.add_vjp(weights, places, False, new, False, grad, to_weights, unset(1, 1, 3))
    assert to_weights[0, 0].nonzero()[0].tolist() == [2]
    np.testing.assert_allclose(to_weights[0, 0, 2], new[0, 0] @ grad[0, :, 2], rtol=1e-5)


def test_cleared_slots_are_zero_and_get_no_gradient():
    before, least = normal(3, 5, 7), slots(3, 2, below=7)
    for clear in (kernels.clear, lambda memory, least: sparse_vjp.clear_vjp(least, memory)):
        after = before.copy()
        clear(after, least)
        expected = sparse.clear(torch.from_numpy(before.swapaxes(1, 2)), torch.from_numpy(least))
        np.testing.assert_array_equal(after.swapaxes(1, 2), expected)


def test_when_a_slot_was_last_accessed():
    last, used, time = uniform(3, 9), uniform(3, 9, seed=1), np.arange(3, dtype=np.float32) + 5
    used[0, 4], touched = math.nan, np.zeros((3, 9), np.float32)
    expected = sparse.last_access(*map(torch.from_numpy, (last, used, time)), threshold=0.4)
    kernels.last_access(last, used, time, np.float32(0.4), touched)
    np.testing.assert_array_equal(last, expected)
    np.testing.assert_array_equal(touched, used > 0.4)


def test_the_discounted_sum_of_accesses():
    usage, used = uniform(3, 9), uniform(3, 9, seed=1)
    expected = sparse.discounted_access(*double(usage, used), 0.75)
    kernels.discounted_access(usage, used, np.float32(0.75))
    close(usage, expected)


@pytest.mark.parametrize(("B", "N", "W", "H"), SIZES)
def test_named_rows_are_read_by_their_weights(B, N, W, H):
    K = min(3, N)
    contents, weights, places = normal(B, W, N), uniform(B, H, K), slots(B, H, K, below=N)
    found = unset(B, H, W)
    rows.read_rows(contents, weights, places, found)
    inputs = double(contents, weights)
    address = Address(inputs[1], torch.from_numpy(places), *[no_choice(B, H)] * 2)
    value = memory.read(inputs[0].transpose(1, 2), address)
    close(found, value)
    grad = normal(B, H, W, seed=1)
    adds(rows.read_rows_vjp, (contents, weights, places, grad), value, grad, inputs)


def test_rows_are_logged_as_they_are():
    contents, log = normal(2, 5, 7), unset(2, 3, 5)
    places = np.array([[0, 6, NOTHING], [3, 3, DENSE]])
    rows.log_rows(contents, places, log)
    np.testing.assert_array_equal(log[0, :2], contents[0, :, [0, 6]])
    np.testing.assert_array_equal(log[1, :2], contents[1, :, [3, 3]])
    assert np.isnan(log[:, 2]).all()
