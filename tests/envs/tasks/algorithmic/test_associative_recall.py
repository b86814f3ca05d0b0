"""Associative recall against its published recipe, written out by hand."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from envs import make_task

from .samples import sample, seeds


@given(seeds, st.integers(2, 9), st.integers(1, 6), st.integers(1, 3))
def test_associative_recall_asks_for_the_item_after_the_query(seed, length, width, size):
    task = make_task("associative_recall", width=width, item_length=size)
    inputs, targets, mask = sample(task, seed, length=length)
    assert len(inputs) == (length + 2) * (size + 1)
    start = len(inputs) - size
    assert mask[start:].all() and mask.sum() == 3 * size
    assert not inputs[start:].any()
    for row in range(3):
        delimiters = np.flatnonzero(inputs[:, row, width])
        assert list(delimiters) == [n * (size + 1) for n in range(length)]
        first, last = np.flatnonzero(inputs[:, row, width + 1])
        assert (first, last) == (length * (size + 1), start - 1)
        items = [inputs[d + 1 : d + 1 + size, row, :width] for d in delimiters]
        query = inputs[first + 1 : last, row, :width]
        where = [n for n, item in enumerate(items) if (item == query).all()]
        assert len(where) == 1 and where[0] < length - 1
        np.testing.assert_array_equal(targets[start:, row], items[where[0] + 1])


def test_every_item_but_the_last_is_queried():
    task, asked = make_task("associative_recall"), np.zeros(5)
    inputs, _, _ = sample(task, 0, batch_size=2000, length=6)
    query = inputs[25:28, :, :6]
    for item in range(5):
        shown = inputs[item * 4 + 1 : item * 4 + 4, :, :6]
        asked[item] = (shown == query).all((0, 2)).sum()
    assert asked.sum() == 2000
    assert (np.abs(asked - 400) < 5 * math.sqrt(400)).all()
