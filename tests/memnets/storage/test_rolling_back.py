"""The buffers hold their initial contents again, whatever happened in between."""

import pytest
import torch

from memnets.storage import PersistentMemory

from .sequences import (
    START,
    B,
    N,
    W,
    assert_as_at_first,
    assert_same,
    expected,
    inputs,
    uniform,
    unroll,
)


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
