"""Priority sort against its published recipe, written out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from envs import make_task

from .samples import sample, seeds


@given(seeds, st.integers(1, 30), st.integers(1, 9))
def test_priority_sort_orders_whole_vectors_by_priority(seed, length, width):
    task = make_task("priority_sort", width=width)
    inputs, targets, mask = sample(task, seed, length=length)
    asked = round(0.8 * length)
    assert len(inputs) == length + asked
    assert mask[length:].all() and mask.sum() == 3 * asked
    assert not inputs[length:].any()
    for row in range(3):
        shown = sorted(inputs[:length, row].tolist(), key=lambda item: -item[-1])
        np.testing.assert_array_equal(targets[length:, row], np.array(shown)[:asked, :-1])


def test_priorities_fill_their_range_and_16_of_20_are_asked():
    inputs, _, mask = sample(make_task("priority_sort"), 0, batch_size=500)
    assert mask.sum(0).tolist() == [16] * 500
    priorities = inputs[:20, :, -1]
    assert np.abs(priorities).max() <= 1
    assert priorities.mean() == pytest.approx(0, abs=0.03)
    assert priorities.var() == pytest.approx(1 / 3, abs=0.01)
