"""Each task against its published recipe, written out by hand."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import betaln

from envs import Bits, Symbols, make_task

seeds = st.integers(0, 2**32 - 1)
few = settings(max_examples=40, deadline=None)


def sample(task, seed, batch_size=3, **options):
    return task.sample(np.random.default_rng(seed), batch_size, **options)


def test_chance_levels_are_the_published_ones():
    assert make_task("copy").chance_bits() == 84
    assert make_task("copy", symbols=32).chance_bits(4) == 20
    assert make_task("repeat_copy").chance_bits() == 181.5
    assert make_task("repeat_copy", width=8).chance_bits() == 242
    assert make_task("associative_recall").chance_bits() == 18
    assert make_task("dynamic_ngrams").chance_bits() == 200
    assert make_task("priority_sort").chance_bits() == 128


def test_sizes_are_those_that_the_published_parameter_counts_fit():
    sizes = {
        "copy": (10, 8),
        "repeat_copy": (8, 7),
        "associative_recall": (8, 6),
        "dynamic_ngrams": (1, 1),
        "priority_sort": (9, 8),
    }
    for name, expected in sizes.items():
        task = make_task(name)
        assert (task.input_size, task.answer.output_size) == expected


def test_copy_generalises_over_the_published_lengths():
    assert make_task("copy").test_lengths == (5, 10, 20, 40, 80, 120)
    assert make_task("associative_recall").test_lengths == (3, 6, 10, 15, 20)
    assert make_task("copy", max_length=2).test_lengths[0] == 1


@few
@given(seeds, st.integers(1, 12), st.integers(1, 9))
def test_copy_asks_for_its_input(seed, length, width):
    inputs, targets, mask = sample(make_task("copy", width=width), seed, length=length)
    assert len(inputs) == 2 * length + 2
    np.testing.assert_array_equal(targets[length + 2 :], inputs[1 : length + 1, :, :width])
    assert not inputs[length + 2 :].any()
    assert (np.flatnonzero(mask.all(1)) == np.arange(length + 2, 2 * length + 2)).all()
    assert mask.sum() == 3 * length
    starts, ends = inputs[..., width], inputs[..., width + 1]
    assert starts[0].all() and starts.sum() == 3
    assert ends[length + 1].all() and ends.sum() == 3
    assert not inputs[[0, length + 1], :, :width].any()


@few
@given(seeds, st.integers(1, 12), st.integers(2, 9))
def test_copy_of_symbols_asks_for_their_indices(seed, length, symbols):
    task = make_task("copy", symbols=symbols)
    inputs, targets, mask = sample(task, seed, length=length)
    assert task.answer == Symbols(symbols)
    shown = inputs[1 : length + 1, :, :symbols]
    assert (shown.sum(-1) == 1).all()
    np.testing.assert_array_equal(targets[mask].reshape(length, 3), shown.argmax(-1))


@few
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


@few
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


def test_ngram_inputs_are_the_bits_one_step_late():
    inputs, targets, mask = sample(make_task("dynamic_ngrams"), 0)
    assert inputs.shape == (200, 3, 1)
    assert not inputs[0].any()
    np.testing.assert_array_equal(inputs[1:], targets[:-1])
    assert mask.all()


def naive_bayes_cost(bits, context):
    cost, seen = 0.0, {}
    for t, bit in enumerate(bits):
        if t < context:
            cost += 1
            continue
        ones_zeros = seen.setdefault(tuple(bits[t - context : t]), [0, 0])
        ones, zeros = ones_zeros
        chance = (ones + 0.5) / (ones + zeros + 1)
        cost -= math.log2(chance if bit else 1 - chance)
        ones_zeros[0 if bit else 1] += 1
    return cost, seen


@few
@given(seeds, st.integers(1, 4), st.integers(1, 60))
def test_ngram_optimum_agrees_with_a_loop_and_with_the_marginal_likelihood(seed, context, length):
    task = make_task("dynamic_ngrams", context=context)
    batch = sample(task, seed, length=length)
    for row, optimum in enumerate(task.optimum_bits(batch)):
        cost, seen = naive_bayes_cost(batch.targets_TBY[:, row, 0].astype(int).tolist(), context)
        assert optimum == pytest.approx(cost)
        evidence = sum(betaln(n1 + 0.5, n0 + 0.5) - betaln(0.5, 0.5) for n1, n0 in seen.values())
        assert optimum == pytest.approx(min(context, length) - evidence / math.log(2))


def test_ngram_optimum_is_the_published_133_bits():
    task = make_task("dynamic_ngrams")
    optimum = task.optimum_bits(sample(task, 0, batch_size=20_000))
    assert optimum.mean() == pytest.approx(133.0, abs=4 * 36.2 / math.sqrt(20_000))
    assert optimum.std() == pytest.approx(36.2, rel=0.05)


def test_ngram_first_bits_are_fair_and_later_ones_follow_a_table():
    task = make_task("dynamic_ngrams")
    bits = sample(task, 1, batch_size=20_000).targets_TBY[..., 0]
    assert (np.abs(bits[:5].mean(1) - 0.5) < 5 * 0.5 / math.sqrt(20_000)).all()
    # when a context comes back for the first time, its bit is the same with (1 + 1/2) / (1 + 1)
    codes = np.lib.stride_tricks.sliding_window_view(bits, 5, axis=0)[:-1] @ 2 ** np.arange(5)
    following, agree = bits[5:], []
    for row in range(2000):
        _, first = np.unique(codes[:, row], return_index=True)
        for t in first:
            again = np.flatnonzero(codes[t + 1 :, row] == codes[t, row])
            if len(again):
                agree.append(following[t, row] == following[t + 1 + again[0], row])
    assert np.mean(agree) == pytest.approx(0.75, abs=5 * 0.43 / math.sqrt(len(agree)))


@few
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


@pytest.mark.parametrize("name", ["copy", "repeat_copy", "associative_recall", "priority_sort"])
def test_patterns_are_independent_fair_bits(name):
    task = make_task(name)
    batch = sample(task, 7, batch_size=4000, length=task.lengths[1])
    bits = batch.inputs_TBX[1:4, :, : task.input_size - 2].reshape(3, 4000, -1)
    flat = bits.transpose(0, 2, 1).reshape(-1, 4000)
    agreement = (flat @ flat.T + (1 - flat) @ (1 - flat).T) / 4000
    agreement -= np.eye(len(flat)) / 2
    assert max(np.abs(flat.mean(1) - 0.5).max(), np.abs(agreement - 0.5).max()) < 0.04
