"""The D-NTM's candidate content in kernels against the formula in float64, values and gradients."""

import pytest
import torch

pytest.importorskip("numba")

from memnets.backends.numba.cells import dntm_write as kernels

from ..against import adds, close, double, normal, uniform, unset

SIZES = [(1, 1, 1), (3, 5, 3), (2, 20, 1)]
"""Samples, width, heads."""


@pytest.mark.parametrize(("B", "W", "H"), SIZES)
@pytest.mark.parametrize("squashed", [False, True])
def test_candidate(B, W, H, squashed):
    start, address = 3, 4
    raw, gate, from_input = normal(B, start + H * W + 2), uniform(B, H), normal(B, H, W)
    out, grad = unset(B, H, address + W), normal(B, H, address + W)
    out[..., :address] = 7
    kernels.candidate(raw, start, gate, from_input, squashed, out)
    into = double(raw, gate, from_input)
    columns = into[0][:, start : start + H * W].view(B, H, W)
    value = (torch.tanh if squashed else torch.relu)(columns + into[1].unsqueeze(-1) * into[2])
    close(out[..., address:], value)
    assert (out[..., :address] == 7).all()
    arguments = (start, gate, from_input, squashed, out, grad)
    adds(kernels.candidate_vjp, arguments, value, grad[..., address:].copy(), into)
