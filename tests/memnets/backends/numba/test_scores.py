"""Learned scores in kernels against the pure functions in float64, values and gradients."""

import numpy as np
import pytest
import torch

pytest.importorskip("numba")

from memnets.backends.numba import scores as kernels
from memnets.backends.numba import softmax
from memnets.equations import scores

from ..rollouts import GRADIENTS
from .against import adds, close, double, normal, pull, unset, weighting

SIZES = [(1, 1, 1), (3, 7, 5), (2, 129, 20)]
"""Samples, slots, features."""
PENALTY = np.float32(100.0)


@pytest.mark.parametrize(("B", "N", "F"), SIZES)
def test_additive(B, N, F):
    query, vector, count = normal(B, F), normal(F, seed=1), normal(F, seed=2)
    key, content, counts = normal(F, N), normal(B, F, N, seed=1), normal(B, N, seed=2)
    grad, out, scratch = normal(B, N, seed=3), unset(B, N), unset(N)
    kernels.additive(query, key, content, count, counts, vector, out)
    # a key, what counts weigh and the vector are the same in every sample, their gradients are not
    each = [np.repeat(x[None], B, 0) for x in (key, count, vector)]
    into = double(query, each[0], content, each[1], counts, each[2])
    of_count = into[3].unsqueeze(-1) * into[4].unsqueeze(-2)
    rows_BNF = (into[1] + into[2] + of_count).transpose(1, 2)
    value = torch.stack(
        [scores.additive(into[0][b : b + 1], rows_BNF[b : b + 1], into[5][b])[0] for b in range(B)]
    )
    close(out, value)
    arguments = (query, key, content, count, counts, vector, grad)
    adds(kernels.additive_vjp, arguments, value, grad, into, (scratch,))


@pytest.mark.parametrize(("B", "N", "F"), SIZES)
def test_standardised(B, N, F):
    usage, grad = 3 * normal(B, N) ** 2, normal(B, N, seed=1)
    # one sample was never read
    usage[-1] = 0
    out, deviation = unset(B, N), unset(B)
    kernels.standardised(usage, deviation, out)
    into = double(usage)
    value = scores.standardised(*into)
    close(out, value)
    adds(kernels.standardised_vjp, (out, deviation, grad), value, grad, into)


@pytest.mark.parametrize(("B", "N", "F"), SIZES)
def test_avoid(B, N, F):
    given, grad, out = normal(B, N), normal(B, N, seed=1), unset(B, N)
    previous = weighting(B, N)
    kernels.avoid(given, previous, PENALTY, out)
    into = double(given, previous)
    value = scores.avoid(*into, 100.0)
    close(out, value)
    adds(kernels.avoid_vjp, (PENALTY, grad), value, grad, into)


@pytest.mark.parametrize(("B", "N", "F"), SIZES)
def test_the_softmax_of_scores(B, N, F):
    given, grad, out, found = 9 * normal(B, N), normal(B, N, seed=1), unset(B, N), unset(B, N)
    softmax.softmax(given, out)
    into = double(given)
    value = into[0].softmax(-1)
    close(out, value)
    softmax.softmax_vjp(out, grad, found)
    close(found, pull(value, grad, into)[0], GRADIENTS, smallest=1e-6)
    given[0, -1] = np.nan
    softmax.softmax(given, out)
    assert np.isnan(out[0]).all() and np.isfinite(out[1:]).all()
