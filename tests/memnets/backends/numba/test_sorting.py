"""A few numbers sorted in kernels; test_usage.py has the order of a stable sort."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("numba")

from memnets.backends.numba.sorting import sort_few


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=9))
def test_a_few_numbers_are_sorted_in_place(numbers):
    values = np.array(numbers)
    sort_few(values)
    assert values.tolist() == sorted(numbers)
