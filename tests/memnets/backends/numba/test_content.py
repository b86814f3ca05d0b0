"""Addressing by content in kernels against the pure functions in float64."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

pytest.importorskip("numba")

from memnets.backends.numba import content as kernels
from memnets.backends.numba.linear import norms
from memnets.equations import content

from .against import adds, close, double, normal, uniform, unset

SIZES = [(1, 1, 1, 1), (3, 7, 5, 3), (2, 128, 20, 1), (1, 5, 4, 2)]
"""Samples, slots, width, heads."""
FINITE = st.floats(-50, 50, width=32)


def memory_of(B: int, W: int, N: int, kind: str) -> np.ndarray:
    """Contents with rows of no length, or shorter than those that get a gradient, among others."""
    memory = normal(B, W, N, seed=3)
    if kind == "empty":
        memory[:, :, ::2] = 0
    if kind == "short":
        memory[:, :, ::2] *= 1e-6
    return memory


def cosines(key: np.ndarray, memory: np.ndarray):
    (B, H, _), N = key.shape, memory.shape[2]
    norm, length, cosine = unset(B, N), unset(B, H), unset(B, H, N)
    norms(memory, norm)
    kernels.cosine_similarity(key, memory, norm, length, cosine)
    return norm, length, cosine


@pytest.mark.parametrize(("B", "N", "W", "H"), SIZES)
@pytest.mark.parametrize("kind", ["plain", "empty", "short"])
@pytest.mark.parametrize("key", ["plain", "zero"])
def test_cosine(B, N, W, H, kind, key):
    memory, keys, grad = memory_of(B, W, N, kind), normal(B, H, W), normal(B, H, N)
    if key == "zero":
        keys[:, 0] = 0
    norm, length, cosine = cosines(keys, memory)
    keys_64, memory_64 = double(keys, memory)
    value = content.cosine_similarity(keys_64, memory_64.transpose(1, 2))
    close(cosine, value)
    close(length, keys_64.norm(dim=-1))
    adds(
        kernels.cosine_similarity_vjp,
        (keys, memory, norm, length, cosine, grad),
        value,
        grad,
        [keys_64, memory_64],
        scratch=[unset(3, N)],
    )


@pytest.mark.parametrize(("B", "N", "W", "H"), SIZES)
@pytest.mark.parametrize("strongest", [1.0, 20.0])
def test_softmax(B, N, W, H, strongest):
    scores, grad = 2 * uniform(B, H, N) - 1, normal(B, H, N, seed=1)
    strength = strongest * uniform(B, H)
    out, (scores_64, strength_64) = unset(B, H, N), double(scores, strength)
    kernels._softmax(scores, strength, out)
    value = (strength_64.unsqueeze(-1) * scores_64).softmax(-1)
    close(out, value)
    adds(
        kernels._softmax_vjp,
        (scores, strength, out, grad),
        value,
        grad,
        [scores_64, strength_64],
    )


@pytest.mark.parametrize(("B", "N", "W", "H"), SIZES)
def test_content_weighting(B, N, W, H):
    memory, keys, strength = memory_of(B, W, N, "plain"), normal(B, H, W), 20 * uniform(B, H)
    norm, length, cosine, out = unset(B, N), unset(B, H), unset(B, H, N), unset(B, H, N)
    grad = normal(B, H, N, seed=1)
    norms(memory, norm)
    kernels.content(memory, norm, keys, strength, length, cosine, out)
    into = double(memory, keys, strength)
    value = content.content(into[0].transpose(1, 2), into[1], into[2])
    close(out, value)
    arguments = (memory, norm, keys, strength, length, cosine, out, grad, unset(B, H, N))
    adds(kernels.content_vjp, arguments, value, grad, into, scratch=[unset(3, N)])


@given(arrays(np.float32, (2, 2, 9), elements=FINITE), st.floats(0, 1e4, width=32))
def test_a_softmax_sums_to_one_and_samples_are_independent(scores, strength):
    strengths, out = np.full((2, 2), strength, np.float32), unset(2, 2, 9)
    kernels._softmax(scores, strengths, out)
    np.testing.assert_allclose(out.sum(-1), 1, rtol=1e-5)
    assert (out >= 0).all()
    other, again = scores.copy(), unset(2, 2, 9)
    other[1] = np.nan
    kernels._softmax(other, strengths, again)
    np.testing.assert_array_equal(again[0], out[0])


@given(
    arrays(np.float32, (1, 2, 6), elements=FINITE), arrays(np.float32, (1, 6, 5), elements=FINITE)
)
def test_a_cosine_is_between_minus_one_and_one(keys, memory):
    assert (np.abs(cosines(keys, memory)[2]) <= 1 + 1e-6).all()
