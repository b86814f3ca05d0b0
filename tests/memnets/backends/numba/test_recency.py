"""The D-NTM's equations in kernels against the pure functions in float64, values and gradients."""

import numpy as np
import pytest
import torch

pytest.importorskip("numba")

from memnets.backends.numba import recency as kernels
from memnets.equations import memory, recency
from memnets.types import Address

from .against import GRADIENTS, adds, close, double, normal, pull, uniform, unset

SIZES = [(1, 1, 1, 1), (3, 7, 5, 3), (2, 129, 20, 1)]
"""Samples, rows, width, heads."""
DECAY = np.float32(0.1)


@pytest.mark.parametrize(("B", "M", "W", "H"), SIZES)
def test_recency(B, M, W, H):
    cosine, recent, grad = (normal(B, H, M, seed=seed) for seed in range(3))
    strength, gate, out = 1 + 9 * uniform(B, H), uniform(B, H, seed=1), unset(B, H, M)
    kernels.recency(cosine, strength, recent, gate, out)
    into = double(cosine, strength, recent, gate)
    scores = into[1].unsqueeze(-1) * into[0]
    value = recency.recency(scores, into[2], into[3])
    close(out, value)
    arguments = (cosine, strength, recent, gate, out, grad)
    adds(kernels.recency_vjp, arguments, value, grad, into)


@pytest.mark.parametrize(("B", "M", "W", "H"), SIZES)
@pytest.mark.parametrize("of_score", [False, True])
def test_recent(B, M, W, H, of_score):
    before, cosine, grad = (normal(B, H, M, seed=seed) for seed in range(3))
    strength, after = 1 + uniform(B, H), unset(B, H, M)
    kernels.recent(before, cosine, strength, DECAY, of_score, after)
    before_64, cosine_64, strength_64 = double(before, cosine, strength)
    seen = strength_64.unsqueeze(-1) * cosine_64 if of_score else cosine_64
    value = recency.recent(before_64, seen, 0.1)
    close(after, value)
    (expected,) = pull(value, grad, [before_64])
    kernels.recent_vjp(DECAY, grad)
    close(grad, expected, GRADIENTS)


@pytest.mark.parametrize(("B", "M", "W", "H"), SIZES)
@pytest.mark.parametrize("bent", [False, True])
def test_candidate(B, M, W, H, bent):
    start, address = 3, 4
    raw, gate, shown = normal(B, start + H * W + 2), uniform(B, H), normal(B, H, W)
    out, grad = unset(B, H, address + W), normal(B, H, address + W)
    out[..., :address] = 7
    kernels.candidate(raw, start, gate, shown, bent, out)
    into = double(raw, gate, shown)
    columns = into[0][:, start : start + H * W].view(B, H, W)
    value = (torch.tanh if bent else torch.relu)(columns + into[1].unsqueeze(-1) * into[2])
    close(out[..., address:], value)
    assert (out[..., :address] == 7).all()
    arguments = (start, gate, shown, bent, out, grad)
    adds(kernels.candidate_vjp, arguments, value, grad[..., address:].copy(), into)


@pytest.mark.parametrize(("B", "M", "W", "H"), SIZES)
@pytest.mark.parametrize("same", [False, True])
def test_one_row_is_overwritten_logged_and_rolled_back_bit_for_bit(B, M, W, H, same):
    rows, grad, add = normal(B, W, M), normal(B, W, M, seed=1), normal(B, H, W)
    erase, norms, log, after = uniform(B, H, W), unset(B, M), unset(B, H, W), rows.copy()
    slots = np.full((B, H), M // 2) if same else np.arange(B * H).reshape(B, H) * 3 % M
    # the last sample's last head touches nothing
    slots[-1, -1] = -1
    norms[:] = np.linalg.norm(rows, axis=1)
    kernels.overwrite(after, slots, erase, add, norms, log)
    into = double(rows, erase, add)
    touched = torch.from_numpy(slots)
    weights, nothing = (touched >= 0).unsqueeze(-1).double(), torch.zeros(B, H)
    address = Address(weights, touched.clamp_min(0).unsqueeze(-1), nothing, nothing)
    value = memory.write(into[0].transpose(1, 2), address, into[1], into[2]).transpose(1, 2)
    close(after, value)
    close(norms, value.norm(dim=1))
    to_rows, to_erase, to_add = grad.copy(), np.ones_like(erase), np.ones_like(add)
    kernels.overwrite_vjp(slots, erase, log, to_rows, to_erase, to_add)
    found = (to_rows, to_erase - 1, to_add - 1)
    for actual, expected in zip(found, pull(value, grad, into), strict=True):
        close(actual, expected, GRADIENTS)
    kernels.roll_back(after, slots, log, norms)
    np.testing.assert_array_equal(after, rows)
    close(norms, into[0].norm(dim=1))
