"""Bits, a symbol and several symbols: spaces, errors, scores and chance."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from envs import Bits, Fields, Symbols


def test_bits_are_counted_one_by_one():
    targets = np.array([[[0, 1, 1], [1, 0, 0]]], np.float32)
    answers = np.array([[[0, 0, 0], [1, 0, 0]]], np.int8)
    np.testing.assert_array_equal(Bits(3).errors(answers, targets), [[2, 0]])
    np.testing.assert_allclose(Bits(3).score(answers, targets), [[1 / 3, 1]], rtol=1e-6)


def test_a_symbol_is_right_or_wrong():
    targets = np.array([[[4], [0]]])
    np.testing.assert_array_equal(Symbols(5).errors(np.array([[4, 1]]), targets), [[0, 1]])
    np.testing.assert_array_equal(Symbols(5).score(np.array([[4, 1]]), targets), [[1, 0]])


@given(st.integers(1, 5), st.integers(2, 6), st.integers(0, 2**32 - 1))
def test_several_symbols_are_as_many_answers_of_one_symbol(count, vocabulary, seed):
    rng = np.random.default_rng(seed)
    logits, targets = (
        rng.normal(size=(3, 2, count * vocabulary)),
        rng.integers(vocabulary, size=(3, 2, count)),
    )
    fields, one = Fields(count, vocabulary), Symbols(vocabulary)
    parts = np.split(logits, count, -1)
    apart = [one.decide(part) for part in parts]
    np.testing.assert_array_equal(fields.decide(logits), np.stack(apart, -1))
    wrong = [one.errors(a, targets[..., i : i + 1]) for i, a in enumerate(apart)]
    np.testing.assert_array_equal(fields.errors(fields.decide(logits), targets), sum(wrong))


def test_the_likelier_answer_is_decided():
    np.testing.assert_array_equal(Bits(3).decide(np.array([[[-1.0, 0.5, 2.0]]])), [[[0, 1, 1]]])
    np.testing.assert_array_equal(Symbols(3).decide(np.array([[[0.1, 3.0, 2.0]]])), [[1]])


@pytest.mark.parametrize(
    "answer", [Bits(1), Bits(8), Symbols(2), Symbols(5), Fields(3, 4)], ids=repr
)
def test_chance_is_the_score_of_answers_drawn_at_random(answer):
    rng = np.random.default_rng(0)
    # uniform logits decide for any symbol, and for one or zero, equally often
    answers = answer.decide(rng.uniform(-1, 1, size=(20_000, answer.output_size)))
    targets = np.zeros((20_000, answer.target_size))
    assert abs(answer.score(answers, targets).mean() - answer.chance) < 0.02


@pytest.mark.parametrize(
    "answer", [Bits(1), Bits(7), Symbols(2), Symbols(30), Fields(9, 10)], ids=repr
)
def test_sizes_agree_with_the_space(answer):
    logits = np.random.default_rng(0).normal(size=(5, 4, answer.output_size))
    answers = answer.decide(logits)
    assert answer.space().contains(answers[0, 0])
    targets = answers.reshape(5, 4, answer.target_size)
    assert (answer.score(answers, targets) == 1).all()
    assert answer.errors(answers, targets).shape == (5, 4)


@given(st.integers(1, 12), st.integers(0, 2**32 - 1))
def test_score_is_the_fraction_of_bits_without_error(width, seed):
    rng = np.random.default_rng(seed)
    answers, targets = rng.integers(2, size=(2, 3, 2, width))
    np.testing.assert_allclose(
        Bits(width).score(answers, targets), (answers == targets).mean(-1), atol=1e-6
    )
    # one step at a time gives the same
    np.testing.assert_array_equal(
        Bits(width).errors(answers[0], targets[0]), Bits(width).errors(answers, targets)[0]
    )


@pytest.mark.parametrize(
    "build",
    [lambda: Bits(0), lambda: Symbols(1), lambda: Fields(0, 4), lambda: Fields(3, 1)],
)
def test_an_answer_of_nothing_is_refused(build):
    with pytest.raises(ValueError, match="is needed"):
        build()
