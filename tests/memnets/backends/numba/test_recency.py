"""The D-NTM's equations in kernels against the pure functions in float64, values and gradients."""

import numpy as np
import pytest

pytest.importorskip("numba")

from memnets.backends.numba import recency as kernels
from memnets.equations import recency

from ..rollouts import GRADIENTS
from .against import adds, close, double, normal, pull, uniform, unset

SIZES = [(1, 1, 1, 1), (3, 7, 5, 3), (2, 129, 20, 1)]
"""Samples, rows, width, heads."""
DECAY = np.float32(0.1)


@pytest.mark.parametrize(("B", "N", "W", "H"), SIZES)
def test_recency(B, N, W, H):
    cosine, recent, grad = (normal(B, H, N, seed=seed) for seed in range(3))
    strength, gate, out = 1 + 9 * uniform(B, H), uniform(B, H, seed=1), unset(B, H, N)
    kernels.recency(cosine, strength, recent, gate, out)
    into = double(cosine, strength, recent, gate)
    scores = into[1].unsqueeze(-1) * into[0]
    value = recency.recency(scores, into[2], into[3])
    close(out, value)
    arguments = (cosine, strength, recent, gate, out, grad)
    adds(kernels.recency_vjp, arguments, value, grad, into)


@pytest.mark.parametrize(("B", "N", "W", "H"), SIZES)
@pytest.mark.parametrize("of_score", [False, True])
def test_recent(B, N, W, H, of_score):
    before, cosine, grad = (normal(B, H, N, seed=seed) for seed in range(3))
    strength, after = 1 + uniform(B, H), unset(B, H, N)
    kernels.recent(before, cosine, strength, DECAY, of_score, after)
    before_64, cosine_64, strength_64 = double(before, cosine, strength)
    seen = strength_64.unsqueeze(-1) * cosine_64 if of_score else cosine_64
    value = recency.recent(before_64, seen, 0.1)
    close(after, value)
    (expected,) = pull(value, grad, [before_64])
    kernels.recent_vjp(DECAY, grad)
    close(grad, expected, GRADIENTS)
