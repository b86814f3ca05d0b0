import pytest

from reports import formats


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0, 3, "0"),
        (1.0574, 3, "1.06"),
        (29.71, 3, "29.7"),
        (8000, 3, "8\xa0000"),
        (-0.5, 2, "−0.50"),
    ],
)
def test_numbers_are_written_to_their_significant_digits(value, digits, text):
    assert formats.number(value, digits) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(3.14, "3.1 s"), (43.5, "43.5 s"), (1088, "18.1 min"), (9000, "2.5 h")]
)
def test_durations_have_a_unit_that_suits_them(seconds, text):
    assert formats.duration(seconds) == text


def test_what_is_unknown_is_a_dash():
    nothing = float("nan")
    for write in (formats.number, formats.whole, formats.duration, formats.per_cent):
        assert write(nothing) == "–"
    assert formats.span(nothing, nothing) == "–"


def test_the_number_of_seeds_is_never_left_to_guess():
    assert formats.seeds([3, 3]) == "n = 3 seeds"
    assert formats.seeds([1]) == "n = 1 seed"
    assert formats.seeds([5, 2, 3]) == "n = 2 to 5 seeds"
    assert formats.seeds([]) == "n = 0"


def test_a_long_label_keeps_its_beginning_and_its_end():
    assert formats.short("ntm/soft") == "ntm/soft"
    assert formats.short("a" * 50 + "b" * 50, 9) == "aaaaa…bbb"


@pytest.mark.parametrize(
    ("difference", "text"), [(0.123, "+12.3"), (-0.0123, "−1.2"), (-0.0004, "+0.0"), (0.0, "+0.0")]
)
def test_points_that_round_to_nothing_have_no_minus(difference, text):
    assert formats.points(difference) == text
