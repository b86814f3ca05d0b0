"""Dynamic n-grams against their published recipe, written out by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import betaln

from envs import make_task

from .samples import sample, seeds


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
