"""Codes that stand for keys: loops over heads and keys, what each step keeps, and differences."""

import numpy as np
import pytest
import torch
from torch.autograd import gradcheck

from memnets.equations.quantisation import SHARE_FLOOR, Codes, distances, moved, revived, weighting

M, R, N, W = 7, 2, 4, 3


@pytest.fixture
def keys():
    return torch.randn(M, R, W, dtype=torch.float64)


@pytest.fixture
def codes():
    shares_RN = torch.rand(R, N, dtype=torch.float64).softmax(-1)
    codes_RNW = torch.randn(R, N, W, dtype=torch.float64)
    return Codes(codes_RNW, shares_RN, codes_RNW * shares_RN.unsqueeze(-1))


def square(key, code):
    return sum((a - b) ** 2 for a, b in zip(key, code, strict=True))


def test_distances_and_the_weighting_that_falls_with_them(keys, codes):
    far, weights = distances(keys, codes.codes_RNW), weighting(keys, codes.codes_RNW, 0.7)
    for m in range(M):
        for r in range(R):
            expected = [square(keys[m, r], codes.codes_RNW[r, n]) for n in range(N)]
            np.testing.assert_allclose(far[m, r], expected, atol=1e-10)
            grown = np.exp([-float(each) / 0.7 for each in expected])
            np.testing.assert_allclose(weights[m, r], grown / grown.sum(), atol=1e-10)


def test_gradients_are_those_of_differences(keys, codes):
    given = [each.requires_grad_() for each in (keys, codes.codes_RNW)]
    assert gradcheck(distances, given) and gradcheck(weighting, given)


def test_each_code_moves_to_the_keys_nearest_to_it(keys, codes):
    found = moved(codes, keys, 0.9)
    for r in range(R):
        nearest = [
            min(range(N), key=lambda n: square(keys[m, r], codes.codes_RNW[r, n]))  # noqa: B023
            for m in range(M)
        ]
        for n in range(N):
            own = [keys[m, r].numpy() for m in range(M) if nearest[m] == n]
            share = 0.9 * codes.shares_RN[r, n] + 0.1 * len(own) / M
            total = 0.9 * codes.sums_RNW[r, n].numpy() + 0.1 * sum(own, np.zeros(W)) / M
            np.testing.assert_allclose(found.shares_RN[r, n], share, atol=1e-10)
            np.testing.assert_allclose(found.sums_RNW[r, n], total, atol=1e-10)
            np.testing.assert_allclose(found.codes_RNW[r, n], total / float(share), atol=1e-10)
    np.testing.assert_allclose(found.shares_RN.sum(-1), 1, atol=1e-10)


def test_a_code_without_a_key_for_ages_stays_where_it_is(keys, codes):
    codes.codes_RNW[:, 0] = 1e3
    gone = Codes(codes.codes_RNW, codes.shares_RN.clone(), codes.sums_RNW.clone())
    gone.shares_RN[:, 0], gone.sums_RNW[:, 0] = SHARE_FLOOR / 2, 0
    found = moved(gone, keys, 0.99)
    assert (found.codes_RNW[:, 0] == 1e3).all() and found.codes_RNW.isfinite().all()


def test_a_dead_code_becomes_its_key_and_all_others_stay(codes):
    codes.shares_RN[0, 2], codes.shares_RN[1, 0] = 0.024, 0.0
    keys_RNW = torch.randn(R, N, W, dtype=torch.float64)
    found = revived(codes, keys_RNW, 0.1)
    for r in range(R):
        for n in range(N):
            dead = (r, n) in {(0, 2), (1, 0)}
            wanted = keys_RNW[r, n] if dead else codes.codes_RNW[r, n]
            share = 1 / N if dead else codes.shares_RN[r, n]
            assert torch.equal(found.codes_RNW[r, n], wanted) and found.shares_RN[r, n] == share
            total = found.sums_RNW[r, n] / found.shares_RN[r, n]
            np.testing.assert_allclose(total, found.codes_RNW[r, n], atol=1e-10)
