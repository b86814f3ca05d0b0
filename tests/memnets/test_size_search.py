"""The search for sizes finds the nearest ones, and builds few models for that."""

from hypothesis import given
from hypothesis import strategies as st

from memnets.size_search import LARGEST, Search
from memnets.spec import ModelSpec


def search(size_of, wanted, own):
    """A search over one size of a model, the sizes that it asked for, and what it offers."""
    asked = []

    def counted(spec):
        asked.append(spec.controller_size)
        return size_of(spec.controller_size)

    found = Search(ModelSpec("none", controller_size=own), wanted, counted, ("controller_size",))
    return asked, [spec.controller_size for spec in found.candidates()][1:]


grown = st.tuples(st.integers(0, 9), st.integers(1, 999), st.integers(0, 10**6))


@given(grown, st.integers(1, 3_000), st.integers(1, 3_000))
def test_the_neighbours_of_the_wanted_size_are_offered_the_nearer_one_first(growth, own, fits):
    square, line, rest = growth

    def size_of(value):
        return square * value**2 + line * value + rest

    wanted = size_of(fits) - square * fits
    first = next(value for value in range(fits, 0, -1) if value == 1 or size_of(value - 1) < wanted)
    asked, offered = search(size_of, wanted, own)
    nearest = sorted(
        (value for value in (first, first - 1) if value), key=lambda v: abs(size_of(v) - wanted)
    )
    assert offered == nearest
    assert len(asked) == len(set(asked)) <= 40


def test_it_builds_few_models():
    asked, offered = search(lambda value: 4 * value * (value + 30), 4 * 700 * 730, 100)
    assert offered[0] == 700 and len(asked) <= 10


def test_where_the_largest_is_too_small_it_is_the_nearest():
    assert search(lambda value: value, 10 * LARGEST, 100)[1] == [LARGEST]
    assert search(lambda value: 7, 10, 100)[1] == []


def test_what_cannot_be_built_is_too_small():
    def size_of(value):
        if value < 50:
            raise ValueError("more heads than slots")
        return value

    assert search(size_of, 60, 100)[1] == [60, 59]
    assert search(size_of, 20, 100)[1] == [50]
