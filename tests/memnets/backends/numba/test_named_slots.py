"""Reads and writes of named slots in kernels against the pure functions in float64."""

import numpy as np
import pytest
import torch

pytest.importorskip("numba")

from memnets.backends.numba import named_slots as kernels
from memnets.equations import memory
from memnets.types import Address

from ..rollouts import GRADIENTS
from .against import adds, close, double, normal, pull, uniform, unset

SIZES = [(1, 1, 1, 1), (3, 7, 5, 3), (2, 129, 20, 5)]
"""Samples, slots, width, named slots."""


def named(B, N, K, same):
    return np.full((B, K), N // 2) if same else np.arange(B * K).reshape(B, K) * 3 % N


def address(slots, weight):
    return Address.of(weight.unsqueeze(-1), torch.from_numpy(slots).unsqueeze(-1))


@pytest.mark.parametrize(("B", "N", "W", "K"), SIZES)
@pytest.mark.parametrize("same", [False, True])
def test_read_slots(B, N, W, K, same):
    contents, weight, grad = normal(B, N, W), uniform(B, K), normal(B, K, W)
    slots, out, into = named(B, N, K, same), unset(B, K, W), double(contents, weight)
    kernels.read_slots(contents, slots, weight, out)
    value = memory.read(into[0], address(slots, into[1]))
    close(out, value)
    adds(kernels.read_slots_vjp, (contents, slots, weight, grad), value, grad, into)


@pytest.mark.parametrize(("B", "N", "W", "K"), SIZES)
@pytest.mark.parametrize("same", [False, True])
def test_written_slots_are_logged_and_rolled_back_bit_for_bit(B, N, W, K, same):
    contents, weight, grad = normal(B, N, W), uniform(B, K), normal(B, N, W, seed=1)
    erase, add, log, after = uniform(B, K, W), normal(B, K, W), unset(B, K, W), contents.copy()
    slots = named(B, N, K, same)
    kernels.write_slots(after, slots, weight, erase, add, log)
    into = double(contents, weight, erase, add)
    value = memory.write(into[0], address(slots, into[1]), *into[2:])
    close(after, value)
    to_contents, to_weight = grad.copy(), np.ones_like(weight)
    to_erase, to_add = unset(B, K, W), unset(B, K, W)
    kernels.write_slots_vjp(
        slots, weight, erase, add, log, to_contents, to_weight, to_erase, to_add
    )
    found = (to_contents, to_weight - 1, to_erase, to_add)
    for actual, expected in zip(found, pull(value, grad, into), strict=True):
        close(actual, expected, GRADIENTS)
    kernels.restore_slots(after, slots, log)
    np.testing.assert_array_equal(after, contents)
