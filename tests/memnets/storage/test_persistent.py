"""A persistent memory is a value like a tensor: in results, in gradients, in whatever order."""

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given
from torch.utils.checkpoint import checkpoint

from memnets.storage import PersistentMemory

from .sequences import (
    EXACT,
    START,
    B,
    W,
    assert_as_at_first,
    assert_same,
    expected,
    inputs,
    step,
    unroll,
)

seeds = st.integers(0, 2**31 - 1)


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


def test_versions_of_different_buffers_do_not_mix():
    one, other = PersistentMemory.of(START), PersistentMemory.of(START)
    with pytest.raises(ValueError, match="versions of different buffers"):
        one.log.go(other.version)
