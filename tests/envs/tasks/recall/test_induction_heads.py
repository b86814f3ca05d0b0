"""Induction heads against their recipe, written out by hand."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from envs import make_task

from ..algorithmic.samples import sample, seeds


@given(seeds, st.integers(3, 30), st.integers(2, 9))
def test_the_answer_followed_the_special_symbol_before(seed, length, symbols):
    task = make_task("induction_heads", symbols=symbols)
    inputs, targets, mask = sample(task, seed, length=length)
    assert inputs.shape == (length, 3, symbols + 1) and (inputs.sum(-1) == 1).all()
    assert mask[-1].all() and mask.sum() == 3
    for row in range(3):
        shown = inputs[:, row].argmax(-1).tolist()
        assert shown.count(symbols) == 2 and shown[-1] == symbols
        assert shown[shown.index(symbols) + 1] == targets[-1, row, 0] < symbols


def test_the_special_symbol_comes_anywhere_equally_often():
    inputs, _, _ = sample(make_task("induction_heads"), 1, batch_size=3_000, length=8)
    first = np.bincount(inputs[..., -1].argmax(0), minlength=8)
    assert first[6:].sum() == 0
    assert (np.abs(first[:6] - 500) < 5 * np.sqrt(500)).all()
