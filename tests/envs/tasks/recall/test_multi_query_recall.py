"""Multi-query recall against its published recipe, written out by hand."""

from collections import Counter
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from envs import Symbols, make_task

from ..algorithmic.samples import sample, seeds


@given(seeds, st.integers(1, 6), st.integers(0, 9), st.booleans())
def test_every_key_comes_again_once_and_asks_for_its_value(seed, pairs, more, noise):
    task = make_task("multi_query_recall", symbols=40, min_pairs=1, max_pairs=1, noise=noise)
    inputs, targets, mask = sample(task, seed, length=4 * pairs + more, pairs=pairs)
    steps = 4 * pairs + more - more % 2
    assert inputs.shape == (steps, 3, 1) and inputs.dtype == np.int64
    assert 0 <= inputs.min() <= inputs.max() < 40
    for row in range(3):
        shown = inputs[:, row, 0].tolist()
        keys, values = shown[: 2 * pairs : 2], shown[1 : 2 * pairs : 2]
        assert len(set(keys)) == len(set(values)) == pairs
        assert all(1 <= key < 20 for key in keys) and all(20 <= value for value in values)
        asked = np.flatnonzero(mask[:, row])
        assert (asked >= 2 * pairs).all() and (asked % 2 == 0).all()
        assert sorted(shown[step] for step in asked) == sorted(keys)
        for step in asked:
            assert targets[step, row, 0] == dict(zip(keys, values, strict=True))[shown[step]]
        if not noise:
            rest = set(range(2 * pairs, steps)) - set(asked.tolist())
            assert all(shown[step] == 0 for step in rest)


def test_gaps_follow_the_power_law():
    task, count = make_task("multi_query_recall", symbols=20), 20_000
    inputs, _, mask = sample(task, 1, batch_size=count, length=24, pairs=2)
    gaps = np.arange(10)
    law = 0.01 * (gaps + 1.0) ** (0.01 - 1)
    law /= law.sum()
    # the key that was drawn first, then the other among the places that were left
    found = np.array(
        [((inputs[4::2, :, 0] == inputs[key, :, 0]) & mask[4::2]).argmax(0) for key in (0, 2)]
    )
    counts = np.zeros((10, 10))
    np.add.at(counts, tuple(found), 1)
    expected = count * law[:, None] * law / (1 - law[:, None])
    np.fill_diagonal(expected, 0)
    assert (np.abs(counts - expected) <= 5 * np.sqrt(expected)).all()


def test_every_row_of_keys_and_of_values_is_as_likely_as_any_other():
    task, count = make_task("multi_query_recall", symbols=10), 20_000
    inputs, _, _ = sample(task, 2, batch_size=count, length=12, pairs=3)
    for first, low, high in ((0, 1, 5), (1, 5, 10)):
        drawn = inputs[first:6:2, :, 0].T.tolist()
        seen = Counter(map(tuple, drawn))
        assert set(seen) == set(permutations(range(low, high), 3))
        expected = count / len(seen)
        assert max(abs(n - expected) for n in seen.values()) < 5 * np.sqrt(expected)


def test_sizes_are_the_published_ones_and_a_batch_is_lean():
    task = make_task("multi_query_recall", min_length=512, max_length=512, max_pairs=64)
    assert (task.input_size, task.input_symbols, task.answer) == (1, 8_192, Symbols(8_192))
    batch = sample(task, 0, batch_size=64, pairs=64)
    assert batch.inputs_TBX.nbytes == 512 * 64 * 8
    assert (batch.mask_TB.sum(0) == 64).all()


def test_only_lengths_with_room_for_the_most_pairs_are_tested():
    task = make_task("multi_query_recall", min_length=256, max_length=256, max_pairs=64)
    assert task.test_lengths == (256, 512, 1024, 2048)
    assert make_task("multi_query_recall").test_lengths == (32, 64, 128, 256, 512)
    for seed in range(5):
        task.test_sample(np.random.default_rng(seed), 1, task.test_lengths[0])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"symbols": 3}, "symbols is 3; a whole number of at least 4"),
        ({"max_pairs": 17}, "length is 64; at least 68, four for each of 17 pairs, is needed."),
        ({"symbols": 8}, "pairs is 4; at most 3, the keys among 8 symbols, is possible."),
        ({"max_pairs": 3}, "max_pairs is 3; at least min_pairs, 4, is needed."),
        ({"power": "0.1"}, "power is '0.1'; a finite number is needed, -30 to 30."),
        ({"noise": 1}, "noise is 1; true or false is needed."),
    ],
)
def test_a_wrong_option_gets_one_clear_line(options, message):
    with pytest.raises(ValueError) as error:
        make_task("multi_query_recall", **options)
    assert f"MultiQueryRecall: {message}" in str(error.value)
    assert "\n" not in str(error.value)
