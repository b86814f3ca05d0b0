"""Least recently used slots without a scan: the choice of the scan, whatever is accessed."""

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given

from memnets.equations import sparse
from memnets.storage import LeastRecentlyUsed
from memnets.types import Address

DELTA = sparse.ACCESS_THRESHOLD
B = 2


def accesses(seed, slots, steps, heads, count, dense):
    generator = torch.Generator().manual_seed(seed)
    nothing = torch.zeros(B, heads)
    for _ in range(steps):
        # around the threshold, so that some weights alone, some sums and some of neither count
        weights = torch.rand(B, heads, slots if dense else count, generator=generator) * 1.4 * DELTA
        named = torch.randint(slots, (B, heads, count), generator=generator)
        yield Address(weights, None if dense else named, nothing, nothing)


@given(
    seed=st.integers(0, 2**31 - 1),
    slots=st.integers(1, 12),
    steps=st.integers(1, 12),
    heads=st.integers(1, 3),
    count=st.integers(1, 5),
    dense=st.booleans(),
)
def test_the_order_is_that_of_scanning_times_of_last_access(
    seed, slots, steps, heads, count, dense
):
    last, ring, seen = torch.zeros(B, slots), LeastRecentlyUsed.of(B, slots), []
    for time, address in enumerate(accesses(seed, slots, steps, heads, count, dense), 1):
        last = sparse.last_access(
            last, address.dense(slots).sum(1), torch.full((B,), float(time)), threshold=DELTA
        )
        ring = ring.access(address, DELTA)
        seen.append((ring, sparse.least_used(last, slots)))
        assert torch.equal(ring.first(slots), seen[-1][1])
    # earlier ones are had back, and the start
    for earlier, order in reversed(seen):
        assert torch.equal(earlier.dense(), order)
    assert ring.start().dense().tolist() == [list(range(slots))] * B


def test_a_ring_goes_on_from_an_earlier_one():
    one, other = accesses(1, 6, 2, 1, 2, dense=False)
    ring = LeastRecentlyUsed.of(B, 6)
    orders = [ring.access(a, 0).access(b, 0).dense() for a, b in ((one, other), (other, one))]
    ring = ring.access(one, 0)
    ring.access(one, 0)
    assert torch.equal(ring.access(other, 0).dense(), orders[0])
    assert not torch.equal(*orders)


class Counted(torch.utils._python_dispatch.TorchDispatchMode):
    def __init__(self):
        super().__init__()
        self.largest, self.calls = 0, 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        for tensor in result if isinstance(result, tuple) else (result,):
            if isinstance(tensor, torch.Tensor) and not any(tensor is arg for arg in args):
                self.largest = max(self.largest, tensor.numel())
        self.calls += 1
        return result


@pytest.mark.parametrize("heads", [1, 3])
def test_an_access_costs_the_same_on_any_number_of_slots(heads):
    costs = set()
    for slots in (20, 2000):
        ring = LeastRecentlyUsed.of(B, slots)
        with Counted() as counted:
            for address in accesses(0, 20, 9, heads, 4, dense=False):
                ring.first(heads)
                ring = ring.access(address, DELTA)
        costs.add((counted.largest, counted.calls))
    assert len(costs) == 1
