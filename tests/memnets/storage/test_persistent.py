"""A persistent memory is a value like a tensor: in results, in gradients, in whatever order."""

import gc
import weakref

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given
from torch.utils.checkpoint import checkpoint

from memnets.equations import memory, sparse
from memnets.storage import PersistentMemory
from memnets.types import Address

B, N, W, H, K = 2, 6, 3, 2, 2
EXACT = {"rtol": 0, "atol": 1e-10}

seeds = st.integers(0, 2**31 - 1)


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
    nothing = torch.zeros(B, H)
    where = Address(weights, slots[t], nothing, nothing)
    everywhere = Address(dense, None, nothing, nothing)
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


@given(seed=seeds, steps=st.integers(1, 6))
def test_a_sequence_reads_writes_and_teaches_like_a_tensor_and_leaves_no_trace(seed, steps):
    persistent = PersistentMemory.of(START)
    slots, given = inputs(seed, steps)
    contents, total = unroll(persistent, slots, given, range(steps))
    wanted, cost, gradients = expected(seed, steps)
    assert torch.equal(contents.dense(), wanted)
    torch.testing.assert_close(total.detach(), cost, **EXACT)
    total.backward()
    assert_same([tensor.grad for tensor in given], gradients)
    # rolled back by the backward pass itself, with no log left
    assert persistent.log.current is persistent.log.root
    assert_as_at_first(persistent)


@given(seed=seeds, writes=st.lists(st.integers(0, 7), min_size=1, max_size=9))
def test_every_version_can_be_gone_on_from_in_any_order(seed, writes):
    """A tree of versions beside a tree of tensors: contents and gradients of all together."""
    slots, given = inputs(seed, len(writes))
    totals = []
    for start in (PersistentMemory.of(START), START):
        versions, total = [start], 0.0
        for t, parent in enumerate(writes):
            contents, cost = step(versions[parent % len(versions)], slots, given, t)
            versions.append(contents)
            total = total + cost
        tensors = [v if isinstance(v, torch.Tensor) else v.dense() for v in versions]
        total = total + sum((t + 1) * tensor.sum() for t, tensor in enumerate(tensors))
        totals.append((*tensors, total.detach(), *torch.autograd.grad(total, given)))
    assert_same(*totals)


def test_two_sequences_before_either_goes_backward():
    persistent = PersistentMemory.of(START)
    runs = []
    for seed in (1, 2):
        slots, given = inputs(seed, 4)
        runs.append((given, unroll(persistent.start(), slots, given, range(4))[1]))
    for seed, (given, total) in zip((1, 2), runs, strict=True):
        total.backward()
        assert_same([tensor.grad for tensor in given], expected(seed, 4)[2])


def test_a_graph_kept_gives_the_same_gradient_again_and_parts_of_it_leave_nothing_behind():
    persistent = PersistentMemory.of(START)
    slots, given = inputs(3, 4)
    _, total = unroll(persistent, slots, given, range(4))
    wanted = expected(3, 4)[2]
    for part in range(4):
        (gradient,) = torch.autograd.grad(total, given[part], retain_graph=True)
        assert_same([gradient], [wanted[part]])
    assert_same(torch.autograd.grad(total, given), wanted)


def test_two_pieces_are_one_sequence_whether_gradients_pass_between_them_or_not():
    slots, given = inputs(4, 5)
    persistent = PersistentMemory.of(START)
    middle, first = unroll(persistent, slots, given, range(2))
    _, second = unroll(middle, slots, given, range(2, 5))
    (first + second).backward()
    assert_same([tensor.grad for tensor in given], expected(4, 5)[2])

    gradients = []
    for start in (persistent.start(), START):
        slots, given = inputs(4, 5)
        middle, first = unroll(start, slots, given, range(2))
        first.backward()
        contents, second = unroll(middle.detach(), slots, given, range(2, 5))
        second.backward()
        final = contents if isinstance(contents, torch.Tensor) else contents.dense()
        gradients.append([final.detach(), *(tensor.grad for tensor in given)])
    assert_same(*gradients)


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_a_sequence_without_gradients_is_rolled_back_by_the_next(mode):
    slots, given = inputs(5, 4)
    wanted, _, gradients = expected(5, 4)
    with mode():
        persistent = PersistentMemory.of(START)
        contents, _ = unroll(persistent, slots, given, range(4))
        assert torch.equal(contents.dense(), wanted)
        assert torch.equal(persistent.start().dense(), START)
    assert_as_at_first(persistent)
    # and what was made without gradients learns afterwards
    _, total = unroll(persistent.start(), slots, given, range(4))
    total.backward()
    assert_same([tensor.grad for tensor in given], gradients)


def test_an_exception_between_forward_and_backward_does_no_harm():
    persistent = PersistentMemory.of(START)
    slots, given = inputs(6, 4)
    with pytest.raises(IndexError, match="a memory of 6 slots has no slots 6 to 6"):
        contents, _ = unroll(persistent, slots, given, range(3))
        contents.put(torch.full((B, 1), N), torch.zeros(B, 1, W).double())
    assert torch.equal(contents.dense(), expected(6, 3)[0])
    _, total = unroll(persistent.start(), slots, given, range(4))
    total.backward()
    assert_same([tensor.grad for tensor in given], expected(6, 4)[2])


@pytest.mark.parametrize("after", [0, 1])
@pytest.mark.parametrize("undoing", [False, True])
def test_a_change_cut_short_by_an_interrupt_is_undone_whole(after, undoing, monkeypatch):
    persistent = PersistentMemory.of(START)
    slots, rows = torch.tensor([[1, 2], [3, 4]]), uniform(B, 2, W, seed=7)
    version = persistent.put(slots, rows)
    before = version if undoing else persistent
    before.dense()
    real, calls = torch.Tensor.index_copy_, []

    def interrupted(self, *given):
        calls.append(given)
        if len(calls) > after:
            raise KeyboardInterrupt
        return real(self, *given)

    monkeypatch.setattr(torch.Tensor, "index_copy_", interrupted)
    with pytest.raises(KeyboardInterrupt):
        persistent.start().dense() if undoing else persistent.put(slots, rows)
    monkeypatch.undo()
    # asked for the very version at which the buffers seem to stand
    wanted = START.clone()
    wanted[torch.arange(B)[:, None], slots] = rows
    assert torch.equal(version.dense(), wanted)
    persistent.start().dense()
    assert_as_at_first(persistent)


def test_a_checkpoint_that_runs_steps_twice_gives_the_same_gradients():
    slots, given = inputs(8, 6)
    contents, total = PersistentMemory.of(START), 0.0
    for t in range(6):
        contents, cost = checkpoint(step, contents, slots, given, t, use_reentrant=False)
        total = total + cost
    total.backward()
    assert_same([tensor.grad for tensor in given], expected(8, 6)[2])


def test_a_second_derivative_is_refused():
    slots, given = inputs(9, 2)
    _, total = unroll(PersistentMemory.of(START), slots, given, range(2))
    with pytest.raises(RuntimeError, match="differentiated once, without create_graph=True"):
        torch.autograd.grad(total, given, create_graph=True)


def test_what_is_put_stays_when_the_callers_tensor_changes():
    persistent, rows = PersistentMemory.of(START), torch.ones(B, 1, W).double()
    slots = torch.zeros(B, 1, dtype=torch.long)
    version = persistent.put(slots, rows)
    rows.zero_()
    persistent.dense()
    assert (version.take(slots) == 1).all()


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


def test_a_very_long_sequence_rolls_back_and_is_freed():
    persistent = PersistentMemory.of(START)
    contents, slots = persistent, torch.zeros(B, 1, dtype=torch.long)
    for t in range(20_000):
        contents = contents.put(slots, START[:, :1] + t)
    assert contents.take(slots)[0, 0, 0] == START[0, 0, 0] + 19_999
    persistent.dense()
    del contents
    assert_as_at_first(persistent)


def test_versions_of_different_buffers_do_not_mix():
    one, other = PersistentMemory.of(START), PersistentMemory.of(START)
    with pytest.raises(ValueError, match="versions of different buffers"):
        one.log.go(other.version)


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
