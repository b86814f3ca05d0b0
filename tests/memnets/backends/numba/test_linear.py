"""The product of a few rows with a weight matrix."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("numba")

from memnets.backends.numba.linear import matmul, norms, products

from .against import close, double, normal, unset

SIZES = st.integers(1, 13)


def product(a: np.ndarray, w: np.ndarray) -> np.ndarray:
    out = np.zeros((len(a), w.shape[1]), np.float32)
    matmul(a, w, out)
    return out


@given(SIZES, SIZES, SIZES)
def test_the_product_is_added(rows, terms, columns):
    a, w, before = normal(rows, terms), normal(terms, columns, seed=1), normal(rows, columns)
    out = before.copy()
    matmul(a, w, out)
    exact = before + a.astype(np.float64) @ w.astype(np.float64)
    np.testing.assert_allclose(out, exact, rtol=0, atol=1e-5 * np.abs(exact).max())


def test_at_the_papers_size():
    a, w = normal(16, 120), normal(120, 400, seed=1)
    exact = a.astype(np.float64) @ w.astype(np.float64)
    np.testing.assert_allclose(product(a, w), exact, rtol=0, atol=1e-6 * np.abs(exact).max())


@given(SIZES, SIZES, SIZES)
def test_rows_are_independent(rows, terms, columns):
    a, w = normal(rows, terms), normal(terms, columns, seed=1)
    whole = product(a, w)
    other = a.copy()
    other[1:] = np.nan
    np.testing.assert_array_equal(product(other, w)[0], whole[0])


@pytest.mark.parametrize(("rows", "terms", "columns"), [(5, 0, 3), (5, 3, 0), (0, 3, 5)])
def test_nothing_of_nothing(rows, terms, columns):
    a, w, before = normal(rows, terms), normal(terms, columns), normal(rows, columns)
    out = before.copy()
    matmul(a, w, out)
    np.testing.assert_array_equal(out, before)


@pytest.mark.parametrize(("B", "N", "W", "H"), [(1, 1, 1, 1), (3, 7, 5, 3), (2, 128, 20, 1)])
def test_products_per_sample_and_the_lengths_of_slots(B, N, W, H):
    memory, rows, norm = normal(B, W, N), normal(B, H, W), unset(B, N)
    norms(memory, norm)
    memory_64, rows_64 = double(memory, rows)
    close(norm, memory_64.norm(dim=1))
    out = np.ones((B, H, N), np.float32)
    products(rows, memory, out)
    close(out - 1, rows_64 @ memory_64)
