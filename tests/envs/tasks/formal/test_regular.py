"""The regular tasks against their definitions, worked out string by string."""

from hypothesis import given
from hypothesis import strategies as st

from ..algorithmic.samples import seeds
from .strings import as_text, drawn

lengths = st.integers(1, 30)


@given(seeds, lengths)
def test_even_pairs_counts_neighbours_that_differ(seed, length):
    for shown, answer in drawn("even_pairs", seed, length):
        text = as_text(shown, "01")
        pairs = [text[place : place + 2] for place in range(length - 1)]
        assert answer == [(pairs.count("01") + pairs.count("10")) % 2]
        assert len(text) == length


@given(seeds, lengths)
def test_parity_is_that_of_the_ones(seed, length):
    for shown, answer in drawn("parity_check", seed, length):
        assert len(shown) == length
        assert answer == [shown.count(1) % 2]


@given(seeds, lengths, st.integers(2, 7))
def test_moves_on_a_cycle_end_where_they_lead_step_by_step(seed, length, cycle):
    for shown, answer in drawn("cycle_navigation", seed, length, cycle=cycle):
        assert len(shown) == length
        place = 0
        for move in shown:
            place += {0: -1, 1: 0, 2: 1}[move]
            place = place + cycle if place < 0 else place
            place = place - cycle if place >= cycle else place
        assert answer == [place]


@given(seeds, lengths, st.integers(2, 10))
def test_arithmetic_without_brackets_is_pythons(seed, length, modulus):
    digits = "0123456789"[:modulus]
    for shown, answer in drawn("modular_arithmetic", seed, length, modulus=modulus):
        text = as_text(shown, f"{digits}+-*")
        # an even length has no expression, so that one symbol is left out
        assert len(text) == length - (length % 2 == 0)
        assert all(character in digits for character in text[::2])
        assert all(character in "+-*" for character in text[1::2])
        assert answer == [eval(text) % modulus]
