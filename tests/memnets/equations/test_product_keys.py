"""Product keys against brute force over every slot."""

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from torch.autograd import gradcheck

from memnets.equations import product_keys
from memnets.types import Address

B, H, Z, W = 2, 3, 3, 4
EXACT = {"rtol": 0, "atol": 1e-10}


def normal(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def problem(first, second, seed=0):
    keys = normal(H, first, Z, seed=seed + 1), normal(H, second, Z, seed=seed + 2)
    return normal(B, H, 2 * Z, seed=seed), *keys


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 12), st.integers(1, 12), st.integers(1, 20), st.integers(0, 2**31))
def test_the_nearest_slots_are_those_of_a_search_through_all(first, second, count, seed):
    query, ones, twos = problem(first, second, seed)
    scores, slots = product_keys.nearest(query, ones, twos, count)
    for b in range(B):
        for h in range(H):
            every = {}
            for i in range(first):
                for j in range(second):
                    key = [*ones[h, i].tolist(), *twos[h, j].tolist()]
                    parts = zip(query[b, h].tolist(), key, strict=True)
                    every[i * second + j] = sum(q * k for q, k in parts)
            best = sorted(every, key=lambda n: -every[n])[:count]
            assert slots[b, h].tolist() == best
            np.testing.assert_allclose(scores[b, h], [every[n] for n in best], **EXACT)


def test_a_memory_of_2_to_the_16_slots_against_brute_force():
    query, ones, twos = problem(256, 256)
    scores, slots = product_keys.nearest(query, ones, twos, 32)
    keys = torch.cat(
        [ones.unsqueeze(2).expand(-1, -1, 256, -1), twos.unsqueeze(1).expand(-1, 256, -1, -1)], -1
    )
    every = torch.einsum("bhz,hnz->bhn", query, keys.flatten(1, 2))
    expected = every.topk(32, -1)
    torch.testing.assert_close(scores, expected.values, **EXACT)
    assert torch.equal(slots, expected.indices)


@pytest.mark.parametrize(
    ("slots", "halves"), [(1, (1, 1)), (7, (1, 7)), (12, (3, 4)), (2**16, (256, 256))]
)
def test_slots_are_the_product_of_two_numbers_near_each_other(slots, halves):
    assert product_keys.factors(slots) == halves


def test_an_address_among_candidates_means_their_slots():
    slots = torch.randint(50, (B, H, 4), generator=torch.Generator().manual_seed(0))
    weights = normal(B, H, 4).softmax(-1)
    dense = product_keys.placed(Address.of(weights), slots)
    assert torch.equal(dense.slots_BHK, slots) and torch.equal(dense.weights_BHK, weights)
    chosen = Address.of(torch.ones(B, H, 1), torch.full((B, H, 1), 2))
    assert torch.equal(product_keys.placed(chosen, slots).slots_BHK, slots[..., 2:3])


def test_a_lookup_is_a_loop_over_the_named_rows_in_values_and_gradients():
    table = normal(9, W).requires_grad_()
    slots = torch.randint(9, (B, H, 4), generator=torch.Generator().manual_seed(0))
    address = Address.of(normal(B, H, 4).softmax(-1), slots)
    found = product_keys.lookup(table, address)
    expected, gradient = np.zeros((B, H, W)), np.zeros((9, W))
    for b in range(B):
        for h in range(H):
            for weight, slot in zip(address.weights_BHK[b, h].tolist(), slots[b, h], strict=True):
                expected[b, h] += weight * table[slot].detach().numpy()
                gradient[slot] += weight
    np.testing.assert_allclose(found.detach(), expected, **EXACT)
    found.sum().backward()
    np.testing.assert_allclose(table.grad, gradient, **EXACT)
    twin = table.detach().clone().requires_grad_()
    product_keys.lookup(twin, address, sparse_gradient=True).sum().backward()
    assert twin.grad.is_sparse
    torch.testing.assert_close(twin.grad.to_dense(), table.grad, **EXACT)


def test_a_dense_address_is_refused():
    with pytest.raises(ValueError, match="an address that names its slots"):
        product_keys.lookup(normal(9, W), Address.of(normal(B, H, 9)))


def test_gradients():
    inputs = [part.requires_grad_() for part in problem(3, 4)]
    table = normal(12, W).requires_grad_()

    def read(query, ones, twos, table):
        scores, slots = product_keys.nearest(query, ones, twos, 3)
        address = product_keys.placed(Address.of(scores.softmax(-1)), slots)
        return product_keys.lookup(table, address)

    assert gradcheck(read, (*inputs, table))
