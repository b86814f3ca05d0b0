"""Repeat copy against its published recipe, written out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from envs import Bits, make_task

from .samples import sample, seeds


@given(seeds, st.integers(1, 6), st.integers(1, 5), st.integers(1, 4))
def test_repeat_copy_asks_for_copies_and_an_end_marker(seed, length, repeats, width):
    task = make_task("repeat_copy", width=width)
    inputs, targets, mask = sample(task, seed, length=length, repeats=repeats)
    assert task.answer == Bits(width + 1)
    assert len(inputs) == length * (repeats + 1) + 3
    pattern = inputs[1 : length + 1, :, :width]
    answer = targets[length + 2 :]
    for copy in range(repeats):
        np.testing.assert_array_equal(
            answer[copy * length : (copy + 1) * length, :, :width], pattern
        )
    assert not answer[-1, :, :width].any()
    assert answer[-1, :, width].all() and answer[..., width].sum() == 3
    assert not inputs[length + 2 :].any()
    assert mask[length + 2 :].all() and mask.sum() == 3 * (length * repeats + 1)
    assert inputs[..., width].sum() == 6 and inputs[[0, length + 1], :, width].all()


def test_the_repeat_count_has_mean_zero_and_variance_one():
    task = make_task("repeat_copy")
    counts = [
        sample(task, 0, length=4, repeats=repeats).inputs_TBX[5, 0, 7] for repeats in range(1, 11)
    ]
    np.testing.assert_allclose(counts, (np.arange(1, 11) - 5.5) / 2.8722813, rtol=1e-6)
    assert np.mean(counts) == pytest.approx(0, abs=1e-6)
    assert np.var(counts) == pytest.approx(1, rel=1e-6)


def test_one_repeat_count_is_drawn_per_batch():
    task, rng = make_task("repeat_copy"), np.random.default_rng(0)
    drawn = set()
    for _ in range(300):
        channel = task.sample(rng, 2, 3).inputs_TBX[4, :, 7]
        assert channel[0] == channel[1]
        drawn.add(round(float(channel[0]) * 2.8722813 + 5.5))
    assert drawn == set(range(1, 11))


def test_a_constant_repeat_count_is_zero():
    task = make_task("repeat_copy", min_repeats=2, max_repeats=2)
    assert not sample(task, 0).inputs_TBX[..., -1].any()


def test_a_test_asks_for_the_most_repeats_of_training():
    task = make_task("repeat_copy", min_repeats=2, max_repeats=4)
    for seed in range(5):
        batch = task.test_sample(np.random.default_rng(seed), 3, 5)
        assert len(batch.inputs_TBX) == 5 * (4 + 1) + 3


def test_repeats_may_go_beyond_training_but_not_anywhere():
    task = make_task("repeat_copy")
    further = sample(task, 0, length=2, repeats=20)
    assert len(further.inputs_TBX) == 2 * 21 + 3
    assert further.inputs_TBX.max() <= task.input_range[1]
    with pytest.raises(ValueError, match="repeats is 101; 1 to 100 are possible"):
        sample(task, 0, length=2, repeats=101)
