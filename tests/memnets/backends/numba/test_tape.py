"""Positions on a tape in kernels against the pure functions in float64."""

import numpy as np
import pytest
import torch
from torch import Tensor

pytest.importorskip("numba")

from memnets.backends.numba import tape as kernels
from memnets.equations import tape
from memnets.types import Address

from .against import adds, close, double, normal, unset, weighting

SIZES = [(1, 1, 1), (3, 7, 3), (2, 128, 1), (1, 2, 2)]
"""Samples, slots, heads."""


def dense(weights: Tensor) -> Address:
    return Address.of(weights)


@pytest.mark.parametrize(("B", "N", "H"), SIZES)
@pytest.mark.parametrize("mass", [1.0, 0.7, 0.0])
def test_move_also_where_a_part_stays_for_want_of_a_move(B, N, H, mass):
    before, moves, grad = weighting(B, H, N), weighting(B, H, 3, mass=mass), normal(B, H, N)
    if mass == 1:
        # by rounding they may lack something of one, or have too much
        moves = np.eye(3, dtype=np.float32)[np.arange(B * H) % 3].reshape(B, H, 3)
    out, into = unset(B, H, N), double(before, moves)
    kernels.move(before, moves, out)
    value = tape.move(dense(into[0]), dense(into[1]), N).weights_BHK
    close(out, value)
    adds(kernels.move_vjp, (before, moves, grad), value, grad, into)


@pytest.mark.parametrize(("B", "N", "H"), SIZES)
@pytest.mark.parametrize("window", [1, 3, 5, 9])
def test_around_also_further_than_around_the_tape(B, N, H, window):
    before, grad = weighting(B, H, N), normal(B, H * window, N)
    out, into = unset(B, H * window, N), double(before)
    kernels.around(before, window, out)
    half = window // 2
    value = tape.around(dense(into[0]), range(-half, half + 1), N).weights_BHK
    close(out, value)
    adds(kernels.around_vjp, (window, grad), value, grad, into)


def test_what_is_not_a_number_stays_so():
    moves, out = np.full((1, 1, 3), np.nan, np.float32), unset(1, 1, 4)
    kernels.move(np.eye(4, dtype=np.float32)[None, :1], moves, out)
    assert np.isnan(out).all()
    position = torch.eye(4)[None, :1]
    assert tape.move(dense(position), dense(torch.from_numpy(moves)), 4).weights_BHK.isnan().all()
