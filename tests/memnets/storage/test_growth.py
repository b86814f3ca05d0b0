"""What a sequence through a persistent memory keeps, and that all of it is freed."""

import gc
import weakref

import pytest
import torch

from memnets.equations import memory
from memnets.storage import PersistentMemory
from memnets.types import Address

from .sequences import START, B, H, K, W, assert_as_at_first, uniform


class Hook:
    def __call__(self, gradient):
        return None


def test_a_dropped_rollout_frees_its_graph():
    persistent, rows = PersistentMemory.of(START), uniform(B, 1, W, seed=1).requires_grad_()
    doubled, hook = rows * 2, Hook()
    doubled.register_hook(hook)
    graph = weakref.ref(hook)
    persistent.put(torch.zeros(B, 1, dtype=torch.long), doubled)
    del doubled, hook
    gc.collect()
    assert graph() is None
    assert persistent.log.current is not persistent.log.root


@pytest.mark.slow
def test_a_very_long_sequence_rolls_back_and_is_freed():
    persistent = PersistentMemory.of(START)
    contents, slots = persistent, torch.zeros(B, 1, dtype=torch.long)
    for t in range(20_000):
        contents = contents.put(slots, START[:, :1] + t)
    assert contents.take(slots)[0, 0, 0] == START[0, 0, 0] + 19_999
    persistent.dense()
    del contents
    assert_as_at_first(persistent)


class Counted(torch.utils._python_dispatch.TorchDispatchMode):
    """The largest tensor made, but for the buffers and views of them."""

    def __init__(self):
        super().__init__()
        self.largest = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        for tensor in result if isinstance(result, tuple) else (result,):
            if isinstance(tensor, torch.Tensor) and not any(tensor is arg for arg in args):
                self.largest = max(self.largest, tensor.numel() * (not tensor._is_view()))
        return result


def test_no_tensor_made_on_the_way_forward_or_back_grows_with_the_slots():
    largest = set()
    for count in (10, 1000):
        persistent = PersistentMemory.of(torch.zeros(B, count, W))
        nothing, weights = torch.zeros(B, H), torch.rand(B, H, K, requires_grad=True)
        with Counted() as counted:
            contents, total = persistent.start(), 0.0
            for _ in range(5):
                where = Address(weights, torch.randint(count, (B, H, K)), nothing, nothing)
                contents = memory.write(contents, where, torch.rand(B, H, W), torch.rand(B, H, W))
                total = total + memory.read(contents, where).sum()
            total.backward()
        largest.add(counted.largest)
    assert len(largest) == 1
