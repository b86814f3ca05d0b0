"""Delayed recall and selective copy against their recipes, written out by hand."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from envs import make_task

from ..algorithmic.samples import sample, seeds
from ..formal.strings import drawn

sizes = {"symbols": st.integers(2, 9), "kept": st.integers(1, 6), "length": st.integers(1, 20)}


@given(seed=seeds, **sizes)
def test_recall_asks_after_a_silence_for_what_came_before_it(seed, symbols, kept, length):
    for shown, answer in drawn("delayed_recall", seed, length, symbols=symbols, kept=kept):
        assert len(answer) == kept and max(answer) < symbols
        assert shown == answer + [symbols] * length


@given(seed=seeds, **sizes)
def test_selective_copy_asks_for_what_stands_among_blanks(seed, symbols, kept, length):
    for shown, answer in drawn("selective_copy", seed, length, symbols=symbols, kept=kept):
        assert len(shown) == kept + length and shown.count(symbols) == length
        assert answer == [symbol for symbol in shown if symbol != symbols]


def test_the_symbols_to_copy_stand_anywhere_equally_often():
    task = make_task("selective_copy", kept=4)
    inputs, _, _ = sample(task, 3, batch_size=4_000, length=6)
    here = 1 - inputs[:10, :, task.symbols]
    assert (here.sum(0) == 4).all()
    assert (np.abs(here.sum(1) - 1_600) < 5 * np.sqrt(4_000 * 0.4 * 0.6)).all()


def test_sizes_are_the_published_ones():
    delayed, selective = make_task("delayed_recall"), make_task("selective_copy")
    assert (delayed.input_size, delayed.answer.vocabulary, delayed.chance_bits()) == (10, 8, 30)
    assert (selective.input_size, selective.answer.vocabulary, selective.kept) == (17, 15, 16)
    assert len(sample(selective, 0, length=4_096 - 16).inputs_TBX) == 4_096 + 16
