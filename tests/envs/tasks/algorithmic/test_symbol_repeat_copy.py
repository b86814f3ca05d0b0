"""Repeat copy of symbols against the RL-NTM's recipe, written out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from envs import Symbols, make_task

from .samples import sample, seeds


@given(seeds, st.integers(1, 6), st.integers(2, 4), st.integers(2, 30))
def test_it_asks_for_as_many_copies_as_the_first_step_says(seed, length, repeats, symbols):
    task = make_task("symbol_repeat_copy", symbols=symbols, max_repeats=4)
    inputs, targets, mask = sample(task, seed, length=length, repeats=repeats)
    assert task.answer == Symbols(symbols)
    assert inputs.shape == (length * (repeats + 1) + 2, 3, symbols + 4)
    shown = inputs[1 : length + 1, :, :symbols]
    assert (shown.sum(-1) == 1).all()
    answer = targets[length + 2 :, :, 0]
    assert len(answer) == length * repeats
    for copy in range(repeats):
        np.testing.assert_array_equal(answer[copy * length : (copy + 1) * length], shown.argmax(-1))
    assert (inputs[0].argmax(-1) == symbols + repeats - 2).all() and (inputs[0].sum(-1) == 1).all()
    assert (inputs[length + 1].argmax(-1) == symbols + 3).all()
    assert (inputs[length + 1].sum(-1) == 1).all()
    assert not inputs[length + 2 :].any()
    assert mask[length + 2 :].all() and not mask[: length + 2].any()


def test_one_number_of_repeats_is_drawn_per_batch_among_two_and_three():
    task, rng = make_task("symbol_repeat_copy"), np.random.default_rng(0)
    drawn = [task.sample(rng, 2, 3).inputs_TBX[0].argmax(-1) for _ in range(60)]
    assert all(first == second for first, second in drawn)
    assert {int(first) for first, _ in drawn} == {30, 31}


def test_a_test_asks_for_the_most_repeats_of_training():
    task = make_task("symbol_repeat_copy")
    for seed in range(5):
        batch = task.test_sample(np.random.default_rng(seed), 3, 5)
        assert len(batch.inputs_TBX) == 5 * (3 + 1) + 2


def test_repeats_without_a_channel_are_refused():
    task = make_task("symbol_repeat_copy")
    with pytest.raises(ValueError, match=r"repeats is 4; at most 3 is possible\.$"):
        sample(task, 0, length=2, repeats=4)
    with pytest.raises(ValueError, match="repeats is 1; a whole number of at least 2"):
        sample(task, 0, length=2, repeats=1)
