"""Reading and writing against loops, and sparse addresses against the same addresses made dense."""

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given
from torch import Tensor
from torch.autograd import gradcheck

from memnets.equations import memory
from memnets.types import Address, join_heads, stack_steps

B, H, N, W = 2, 2, 5, 3
EXACT = {"rtol": 0, "atol": 1e-10}

seeds = st.integers(0, 2**31 - 1)


def uniform(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def sparse(heads: int, touched: int, seed: int) -> Address:
    """Any slots, the same ones twice included, and some weights of zero: no-ops."""
    generator = torch.Generator().manual_seed(seed)
    slots = torch.randint(N, (B, heads, touched), generator=generator)
    weights = uniform(B, heads, touched, seed=seed) / touched
    return Address.of(weights * (uniform(B, heads, 1, seed=seed + 1) > 0.2), slots)


def tracked(*tensors: Tensor) -> tuple[Tensor, ...]:
    return tuple(tensor.clone().requires_grad_() for tensor in tensors)


@pytest.mark.parametrize("heads", [1, 2, 3])
def test_a_read_is_the_weighted_sum_of_slots(heads):
    contents, weights = uniform(B, N, W), uniform(B, heads, N, seed=1)
    expected = torch.zeros(B, heads, W, dtype=torch.float64)
    for b in range(B):
        for h in range(heads):
            for n in range(N):
                for w in range(W):
                    expected[b, h, w] += weights[b, h, n].item() * contents[b, n, w].item()
    torch.testing.assert_close(memory.read(contents, Address.of(weights)), expected, **EXACT)


@pytest.mark.parametrize("heads", [1, 2, 3])
def test_a_write_multiplies_erasures_and_sums_additions(heads):
    contents, weights = uniform(B, N, W), uniform(B, heads, N, seed=1)
    erase, add = uniform(B, heads, W, seed=2), uniform(B, heads, W, seed=3)
    expected = contents.clone()
    for b in range(B):
        for n in range(N):
            for w in range(W):
                kept, added = 1.0, 0.0
                for h in range(heads):
                    kept *= 1 - weights[b, h, n].item() * erase[b, h, w].item()
                    added += weights[b, h, n].item() * add[b, h, w].item()
                expected[b, n, w] = contents[b, n, w].item() * kept + added
    actual = memory.write(contents, Address.of(weights), erase, add)
    torch.testing.assert_close(actual, expected, **EXACT)


def test_writing_leaves_the_given_memory_untouched():
    contents = uniform(B, N, W)
    before = contents.clone()
    for where in (sparse(H, 2, seed=1), Address.of(uniform(B, H, N))):
        memory.write(contents, where, uniform(B, H, W), uniform(B, H, W))
        torch.testing.assert_close(contents, before, rtol=0, atol=0)


def test_a_full_erase_and_add_replaces_the_chosen_slot_only():
    contents = uniform(1, 3, 2)
    where = Address.of(torch.ones(1, 1, 1).double(), torch.tensor([[[1]]]))
    ones, new = torch.ones(1, 1, 2).double(), torch.tensor([[[7.0, 8.0]]]).double()
    after = memory.write(contents, where, ones, new)
    assert after[0, 1].tolist() == [7.0, 8.0]
    assert torch.equal(after[0, [0, 2]], contents[0, [0, 2]])
    assert torch.equal(memory.read(after, where), new)


@given(seed=seeds, heads=st.integers(1, 3), touched=st.integers(1, 4))
def test_a_sparse_address_reads_writes_and_teaches_like_the_same_address_made_dense(
    seed, heads, touched
):
    where = sparse(heads, touched, seed)
    results = []
    for densify in (False, True):
        inputs = tracked(
            uniform(B, N, W, seed=seed + 1),
            where.weights_BHK,
            uniform(B, heads, W, seed=seed + 2),
            uniform(B, heads, W, seed=seed + 3),
        )
        contents, weights, erase, add = inputs
        used = where._replace(weights_BHK=weights)
        used = Address.of(used.dense(N)) if densify else used
        written = memory.write(contents, used, erase, add)
        read = memory.read(written, used)
        (written.square().sum() + read.square().sum()).backward()
        results.append((written, read, *(tensor.grad for tensor in inputs)))
    for ours, dense in zip(*results, strict=True):
        torch.testing.assert_close(ours, dense, rtol=0, atol=1e-12)


def test_a_no_op_address_reads_zero_and_changes_nothing():
    contents = uniform(B, N, W)
    slots = torch.zeros(B, H, 1, dtype=torch.long)
    for none in (
        Address.of(torch.zeros(B, H, 1).double(), slots),
        Address.of(torch.zeros(B, H, N).double()),
    ):
        assert (memory.read(contents, none) == 0).all()
        written = memory.write(contents, none, uniform(B, H, W), uniform(B, H, W))
        assert torch.equal(written, contents)


def test_slots_named_twice_add_up_in_a_dense_address():
    where = Address.of(torch.tensor([[[0.25, 0.5, 0.125]]]), torch.tensor([[[3, 1, 3]]]))
    assert where.dense(4).tolist() == [[[0.0, 0.5, 0.0, 0.375]]]


def test_joined_and_stacked_addresses_keep_heads_and_time_apart():
    one, two = sparse(1, 2, seed=1), sparse(2, 2, seed=2)
    joined = join_heads(one, two)
    assert joined.weights_BHK.shape == (B, 3, 2)
    torch.testing.assert_close(joined.dense(N)[:, :1], one.dense(N))
    torch.testing.assert_close(joined.dense(N)[:, 1:], two.dense(N))
    stacked = stack_steps([joined, joined])
    assert stacked.dense(N).shape == (2, B, 3, N)
    assert join_heads(Address.of(uniform(B, 1, N)), Address.of(uniform(B, 1, N))).slots_BHK is None


def test_heads_of_different_sparseness_join_to_the_widest_or_to_a_dense_address():
    one, three = sparse(1, 1, seed=1), sparse(1, 3, seed=2)
    filled = join_heads(one, three)
    assert filled.slots_BHK.shape == (B, 2, 3)
    torch.testing.assert_close(filled.dense(N), torch.cat([one.dense(N), three.dense(N)], 1))
    dense = Address.of(uniform(B, 1, N))
    mixed = join_heads(one, dense)
    assert mixed.slots_BHK is None
    torch.testing.assert_close(mixed.dense(N), torch.cat([one.dense(N), dense.weights_BHK], 1))


@pytest.mark.parametrize("where", [sparse(H, 2, seed=1), Address.of(uniform(B, H, N))])
def test_gradients_are_those_of_finite_differences(where):
    def both(contents, weights, erase, add):
        used = where._replace(weights_BHK=weights)
        return memory.write(contents, used, erase, add), memory.read(contents, used)

    inputs = uniform(B, N, W), where.weights_BHK, uniform(B, H, W, seed=2), uniform(B, H, W, seed=3)
    assert gradcheck(both, tracked(*inputs))
