"""The context-sensitive tasks against their definitions, worked out string by string."""

import math

from hypothesis import given
from hypothesis import strategies as st

from ..algorithmic.samples import seeds
from .strings import as_text, drawn

lengths = st.integers(1, 30)
alphabets = st.integers(2, 6)


@given(seeds, lengths, alphabets)
def test_a_duplicate_is_the_string_twice(seed, length, symbols):
    for shown, answer in drawn("duplicate_string", seed, length, symbols=symbols):
        assert len(shown) == length
        assert answer == shown * 2


@given(seeds, st.integers(2, 30))
def test_the_missing_symbol_makes_both_halves_the_same(seed, length):
    for shown, answer in drawn("missing_duplicate", seed, length):
        text = as_text(shown, "01_.")
        assert len(text) == length and text.count("_") == 1
        assert text.endswith(".") == (length % 2 == 1) and text.count(".") == length % 2
        whole = text.rstrip(".").replace("_", str(answer[0]))
        assert len(answer) == 1
        assert whole[: length // 2] == whole[length // 2 :]


@given(seeds, lengths, alphabets)
def test_odd_places_come_first(seed, length, symbols):
    for shown, answer in drawn("odds_first", seed, length, symbols=symbols):
        assert answer == shown[0::2] + shown[1::2]
    for shown, answer in drawn("odds_first", seed, length, symbols=symbols, counted_from=0):
        assert answer == shown[1::2] + shown[0::2]


@given(seeds, lengths, alphabets)
def test_a_sorted_string_has_the_same_letters_in_rising_order(seed, length, symbols):
    for shown, answer in drawn("bucket_sort", seed, length, symbols=symbols):
        assert len(shown) == length
        assert answer == [letter for letter in range(symbols) for _ in range(shown.count(letter))]


@given(seeds, st.integers(3, 30))
def test_sums_and_products_are_pythons(seed, length):
    for name, result in (("binary_addition", int.__add__), ("binary_multiplication", int.__mul__)):
        for shown, answer in drawn(name, seed, length):
            text = as_text(shown, "01s")
            first, second = text.split("s")
            assert len(text) == length and first and second
            numbers = [int(part[::-1], 2) for part in (first, second)]
            assert min(numbers) > 0
            assert as_text(answer, "01e") == f"{result(*numbers):b}"[::-1] + "e"


@given(seeds, lengths)
def test_a_square_root_is_rounded_down(seed, length):
    for shown, answer in drawn("square_root", seed, length):
        number, root = (int(as_text(part, "01"), 2) for part in (shown, answer))
        assert len(shown) == length and len(answer) == math.ceil(length / 2)
        assert number > 0 and root**2 <= number < (root + 1) ** 2
