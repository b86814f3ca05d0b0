"""A sequence of every kind of access to a memory, and what it gives on a plain tensor."""

import torch

from memnets.equations import memory, sparse
from memnets.types import Address

B, N, W, H, K = 2, 6, 3, 2, 2
EXACT = {"rtol": 0, "atol": 1e-10}


def uniform(*shape, seed):
    return torch.rand(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


START = uniform(B, N, W, seed=1)


def inputs(seed, steps):
    """Slots, and what gradients go to: weights, erasures, additions, dense weights."""
    slots = torch.randint(N, (steps, B, H, K), generator=torch.Generator().manual_seed(seed))
    given = [
        uniform(steps, B, H, K, seed=seed) / K,
        uniform(steps, B, H, W, seed=seed + 1),
        uniform(steps, B, H, W, seed=seed + 2) - 0.5,
        uniform(steps, B, H, N, seed=seed + 3) / N,
    ]
    return slots, [tensor.requires_grad_() for tensor in given]


def step(contents, slots, given, t):
    """Every kind of access once: the memory after, and something that depends on all of it."""
    weights, erase, add, dense = (tensor[t] for tensor in given)
    where, everywhere = Address.of(weights, slots[t]), Address.of(dense)
    contents = memory.write(contents, where, erase, add)
    contents = sparse.add(sparse.clear(contents, slots[t, :, :, 0]), where, add)
    if t % 3 == 2:
        contents = memory.write(contents, everywhere, erase, add)
    seen = memory.read(contents, where).square() + memory.read(contents, everywhere)
    rows = memory.scan(lambda rows, weight: (rows * weight.sum()).sin(), contents, weights)
    return contents, seen.square().sum() + rows.square().mean()


def unroll(contents, slots, given, steps):
    total = 0.0
    for t in steps:
        contents, cost = step(contents, slots, given, t)
        total = total + cost
    return contents, total


def assert_as_at_first(persistent):
    contents, entries = persistent.log.buffers
    assert torch.equal(contents.view(B, N, W), START)
    assert not entries.any()


def expected(seed, steps, given=None):
    slots, given = inputs(seed, steps)
    contents, total = unroll(START, slots, given, range(steps))
    return contents.detach(), total.detach(), torch.autograd.grad(total, given)


def assert_same(actual, wanted):
    for ours, theirs in zip(actual, wanted, strict=True):
        torch.testing.assert_close(ours, theirs, **EXACT)
