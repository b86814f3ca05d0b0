"""The loop of multiply-adds computes what it should."""

import pytest


def test_register_arithmetic_is_measured_and_right():
    module = pytest.importorskip("studies.bench.fused_multiply_add")
    run = module.kernel(4, 2)
    # x <- x * 0.5 + 0.5 goes to one in each of four lanes of two vectors
    assert run(0.5, 60) == pytest.approx(8.0)
    assert run(0.5, 0) == pytest.approx(4 * (0.5 + 1.5))
