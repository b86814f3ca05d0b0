"""Rows that are written in place, logged and restored, against the pure functions in float64."""

import numpy as np
import pytest
import torch

pytest.importorskip("numba")

from memnets.backends.numba import undo as kernels
from memnets.equations import memory
from memnets.types import Address

from ..rollouts import GRADIENTS
from .against import close, double, normal, pull, uniform, unset

SIZES = [(1, 1, 1, 1), (3, 7, 5, 3), (2, 129, 20, 1)]
"""Samples, rows, width, heads."""


@pytest.mark.parametrize(("B", "N", "W", "H"), SIZES)
@pytest.mark.parametrize("same", [False, True])
def test_one_row_is_overwritten_logged_and_rolled_back_bit_for_bit(B, N, W, H, same):
    rows, grad, add = normal(B, W, N), normal(B, W, N, seed=1), normal(B, H, W)
    erase, norms, log, after = uniform(B, H, W), unset(B, N), unset(B, H, W), rows.copy()
    slots = np.full((B, H), N // 2) if same else np.arange(B * H).reshape(B, H) * 3 % N
    # the last sample's last head touches nothing
    slots[-1, -1] = -1
    norms[:] = np.linalg.norm(rows, axis=1)
    weights = np.zeros((B, H, N), np.float32)
    kernels.write_rows(after, weights, slots, erase, add, norms, log)
    into = double(rows, erase, add)
    touched = torch.from_numpy(slots)
    chosen, nothing = (touched >= 0).unsqueeze(-1).double(), torch.zeros(B, H)
    address = Address(chosen, touched.clamp_min(0).unsqueeze(-1), nothing, nothing)
    value = memory.write(into[0].transpose(1, 2), address, into[1], into[2]).transpose(1, 2)
    close(after, value)
    close(norms, value.norm(dim=1))
    to_rows, to_erase, to_add = grad.copy(), np.ones_like(erase), np.ones_like(add)
    kernels.write_rows_vjp(slots, erase, log, to_rows, to_erase, to_add)
    found = (to_rows, to_erase - 1, to_add - 1)
    for actual, expected in zip(found, pull(value, grad, into), strict=True):
        close(actual, expected, GRADIENTS)
    kernels.restore_rows(after, slots, log, norms)
    np.testing.assert_array_equal(after, rows)
    close(norms, into[0].norm(dim=1))
