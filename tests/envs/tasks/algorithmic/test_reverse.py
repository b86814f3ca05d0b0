"""Reverse against its recipe, written out by hand."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from envs import Bits, Symbols, make_task

from .samples import sample, seeds


@given(seeds, st.integers(1, 12), st.integers(1, 9))
def test_reverse_asks_for_its_input_backwards(seed, length, width):
    task = make_task("reverse", width=width)
    inputs, targets, mask = sample(task, seed, length=length)
    assert task.answer == Bits(width)
    assert len(inputs) == 2 * length + 2
    for place in range(length):
        np.testing.assert_array_equal(targets[length + 2 + place], inputs[length - place, :, :-2])
    assert not inputs[length + 2 :].any()
    assert (np.flatnonzero(mask.all(1)) == np.arange(length + 2, 2 * length + 2)).all()
    assert mask.sum() == 3 * length
    starts, ends = inputs[..., width], inputs[..., width + 1]
    assert starts[0].all() and starts.sum() == 3
    assert ends[length + 1].all() and ends.sum() == 3
    assert not inputs[[0, length + 1], :, :width].any()


@given(seeds, st.integers(1, 12), st.integers(2, 9))
def test_reverse_of_symbols_asks_for_their_indices(seed, length, symbols):
    task = make_task("reverse", symbols=symbols)
    inputs, targets, mask = sample(task, seed, length=length)
    assert task.answer == Symbols(symbols)
    shown = inputs[1 : length + 1, :, :symbols]
    assert (shown.sum(-1) == 1).all()
    np.testing.assert_array_equal(targets[mask].reshape(length, 3)[::-1], shown.argmax(-1))


@given(seeds, st.sampled_from([0, 5]))
def test_reverse_shows_what_copy_shows(seed, symbols):
    copy, reverse = (sample(make_task(name, symbols=symbols), seed) for name in ("copy", "reverse"))
    np.testing.assert_array_equal(copy.inputs_TBX, reverse.inputs_TBX)
