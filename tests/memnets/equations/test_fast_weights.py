"""The delta rule against loops and least squares, and the features of its keys."""

import numpy as np
import pytest
import torch
from torch.autograd import gradcheck

from memnets.equations import fast_weights
from memnets.types import Address

B, H, N, W, Z = 2, 3, 5, 4, 3
EXACT = {"rtol": 0, "atol": 1e-10}


def normal(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def sparse(touched=2):
    slots = torch.randint(N, (B, H, touched), generator=torch.Generator().manual_seed(1))
    return Address.of(normal(B, H, touched).softmax(-1) / 2, slots)


def tracked(*tensors):
    return tuple(tensor.clone().requires_grad_() for tensor in tensors)


def test_dpfp_is_its_definition():
    keys = normal(B, H, Z)
    for nu in (1, 2, 3):
        found = fast_weights.dpfp_features(keys, nu)
        assert found.shape == (B, H, 2 * Z * nu)
        for b in range(B):
            for h in range(H):
                k = [*keys[b, h].tolist(), *(-keys[b, h]).tolist()]
                r = [max(x, 0.0) for x in k]
                expected = [r[i] * r[(i + j) % (2 * Z)] for j in range(1, nu + 1) for i in range(6)]
                np.testing.assert_allclose(found[b, h], expected, **EXACT)


def test_features_are_positive_and_a_sum_is_one_or_no_op():
    keys = normal(B, H, Z)
    for b in range(B):
        for h in range(H):
            elu = [x + 1 if x > 0 else np.exp(x) for x in keys[b, h].tolist()]
            found = fast_weights.elu_features(keys)[b, h]
            np.testing.assert_allclose(found, elu, **EXACT)
            normalised = fast_weights.sum_normalised(fast_weights.elu_features(keys))[b, h]
            np.testing.assert_allclose(normalised, np.array(elu) / sum(elu), **EXACT)
            silu = np.array([x / (1 + np.exp(-x)) for x in keys[b, h].tolist()])
            norm = np.sqrt((silu**2).sum() + 1e-6)
            np.testing.assert_allclose(fast_weights.unit_features(keys)[b, h], silu / norm, **EXACT)
    # one number: no product of neighbours is positive, so that the key names no row
    single = fast_weights.dpfp_features(torch.ones(1, 1, 1), 1)
    assert fast_weights.sum_normalised(single).sum() == 0


@pytest.mark.parametrize("address", [Address.of(normal(B, H, N)), sparse()])
def test_a_step_is_a_loop_and_a_read_too(address):
    memory, values, rates = normal(B, H, N, W), normal(B, H, W, seed=2), normal(B, H, seed=3)
    found = fast_weights.delta(memory, address, values, rates)
    stored = fast_weights.store(memory, address, values)
    reads = fast_weights.recall(memory, address)
    for b in range(B):
        for h in range(H):
            key = address.dense(N)[b, h].tolist()
            for w in range(W):
                recalled = sum(key[n] * memory[b, h, n, w].item() for n in range(N))
                np.testing.assert_allclose(reads[b, h, w], recalled, **EXACT)
                for n in range(N):
                    old, value = memory[b, h, n, w].item(), values[b, h, w].item()
                    new = old + rates[b, h].item() * (value - recalled) * key[n]
                    np.testing.assert_allclose(found[b, h, n, w], new, **EXACT)
                    np.testing.assert_allclose(stored[b, h, n, w], old + value * key[n], **EXACT)


def test_a_step_is_the_exact_gradient_step_of_half_the_squared_error():
    (memory,) = tracked(normal(B, H, N, W))
    key, values, rates = normal(B, H, N, seed=1), normal(B, H, W, seed=2), normal(B, H, seed=3)
    error = torch.einsum("bhnw,bhn->bhw", memory, key) - values
    (gradient,) = torch.autograd.grad(0.5 * error.square().sum(), memory)
    expected = memory - rates[..., None, None] * gradient
    found = fast_weights.delta(memory, Address.of(key), values, rates)
    torch.testing.assert_close(found, expected, **EXACT)


def test_orthonormal_keys_are_stored_exactly_at_rate_one():
    keys = torch.linalg.qr(normal(N, N)).Q
    values, memory = normal(N, W, seed=1), normal(1, 1, N, W, seed=2)
    one = torch.ones(1, 1, dtype=torch.float64)
    for key, value in zip(keys, values, strict=True):
        memory = fast_weights.delta(memory, Address.of(key.view(1, 1, N)), value[None, None], one)
    for key, value in zip(keys, values, strict=True):
        found = fast_weights.recall(memory, Address.of(key.view(1, 1, N)))
        torch.testing.assert_close(found[0, 0], value, **EXACT)


def test_repeated_presentation_converges_to_least_squares():
    """Fewer pairs than rows: one after the other, to the solution of least norm, from zero."""
    keys = fast_weights.unit_features(normal(3, 1, N)).squeeze(1)
    values, memory = normal(3, W, seed=1), torch.zeros(1, 1, N, W, dtype=torch.float64)
    one = torch.ones(1, 1, dtype=torch.float64)
    for _ in range(200):
        for key, value in zip(keys, values, strict=True):
            address = Address.of(key.view(1, 1, N))
            memory = fast_weights.delta(memory, address, value[None, None], one)
    expected = torch.linalg.pinv(keys) @ values
    torch.testing.assert_close(memory[0, 0], expected, **EXACT)


def test_pairs_that_contradict_each_other_end_at_their_least_squares_in_the_mean():
    """More pairs than rows: steps from one matrix, averaged, are gradient descent on all."""
    pairs = 12
    keys = fast_weights.unit_features(normal(pairs, 1, N))
    values, memory = normal(pairs, 1, W, seed=1), torch.zeros(N, W, dtype=torch.float64)
    ones = torch.ones(pairs, 1, dtype=torch.float64)
    for _ in range(2_000):
        each = memory.expand(pairs, 1, N, W)
        memory = fast_weights.delta(each, Address.of(keys), values, ones).mean((0, 1))
    expected = torch.linalg.lstsq(keys[:, 0], values[:, 0]).solution
    torch.testing.assert_close(memory, expected, **EXACT)


def test_a_chosen_row_moves_by_its_rate_and_a_no_op_moves_none():
    memory, values = normal(B, H, N, W), normal(B, H, W, seed=2)
    rates = torch.full((B, H), 0.25, dtype=torch.float64)
    slots = torch.full((B, H, 1), 3)
    for weight in (1.0, 0.0):
        weights = torch.full((B, H, 1), weight, dtype=torch.float64)
        found = fast_weights.delta(memory, Address.of(weights, slots), values, rates)
        expected = memory.clone()
        expected[:, :, 3] += weight * 0.25 * (values - memory[:, :, 3])
        torch.testing.assert_close(found, expected, **EXACT)


def test_gradients():
    memory, values, rates = tracked(normal(B, H, N, W), normal(B, H, W), normal(B, H))
    (weights,) = tracked(normal(B, H, N, seed=5))

    def dense(memory, weights, values, rates):
        return fast_weights.delta(memory, Address.of(weights), values, rates)

    def few(memory, weights, values, rates):
        address = Address.of(weights[..., :2], sparse().slots_BHK)
        written = fast_weights.delta(memory, address, values, rates)
        return fast_weights.recall(fast_weights.store(written, address, values), address)

    assert gradcheck(dense, (memory, weights, values, rates))
    assert gradcheck(few, (memory, weights, values, rates))
    (keys,) = tracked(normal(B, H, Z))
    assert gradcheck(lambda k: fast_weights.sum_normalised(fast_weights.elu_features(k)), keys)
    assert gradcheck(lambda k: fast_weights.dpfp_features(k, 2), keys)
    assert gradcheck(fast_weights.unit_features, keys)
