"""Duplicated input against the RL-NTM's recipe, written out by hand."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from envs import Symbols, make_task

from .samples import sample, seeds


@given(seeds, st.integers(1, 9), st.integers(1, 4), st.integers(2, 30))
def test_each_symbol_is_shown_several_times_and_asked_for_once(seed, length, copies, symbols):
    task = make_task("duplicated_input", symbols=symbols, copies=copies)
    inputs, targets, mask = sample(task, seed, length=length)
    assert task.answer == Symbols(symbols)
    assert inputs.shape == (length * (copies + 1) + 2, 3, symbols + 2)
    end = length * copies + 1
    shown = inputs[1:end, :, :symbols]
    assert (shown.sum(-1) == 1).all()
    for place in range(length):
        for copy in range(copies):
            np.testing.assert_array_equal(
                shown[place * copies + copy].argmax(-1), targets[end + 1 + place, :, 0]
            )
    assert inputs[0, :, symbols].all() and inputs[..., symbols].sum() == 3
    assert inputs[end, :, symbols + 1].all() and inputs[..., symbols + 1].sum() == 3
    assert not inputs[[0, end], :, :symbols].any() and not inputs[end + 1 :].any()
    assert mask[end + 1 :].all() and mask.sum() == 3 * length
