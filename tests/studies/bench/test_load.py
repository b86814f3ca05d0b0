"""The load of other processes."""

import pytest

from studies.bench.load import Load


def test_the_load_of_others_leaves_out_our_own(monkeypatch):
    # wall, busy cores of the machine, our own processor time, in seconds
    clock = iter([(0.0, 100.0, 10.0), (10.0, 118.0, 19.0), (20.0, 120.0, 29.0)])
    monkeypatch.setattr(Load, "_now", staticmethod(lambda: next(clock)))
    load = Load()
    assert load.foreign(children=2.0) == pytest.approx(0.7)
    assert load.foreign() == pytest.approx(0.05)
