"""Fixtures for the tests of the benches."""

import pytest

from studies.bench import roofline


@pytest.fixture
def roof():
    """Makes the summary of a roofline at two threads from a few measured figures."""

    def make(**measured):
        names = ("core_fma", "core_sgemm", "fma", "sgemm", "dram_gb_s", "cache_gb_s")
        return roofline._summary(2, dict.fromkeys(names, 1.0) | measured)

    return make


@pytest.fixture
def quick(monkeypatch, roof):
    """Replaces the measurement of the machine by fixed figures."""
    monkeypatch.setattr(roofline, "measure", lambda threads: roof(fma=100.0, core_fma=50.0))
