"""Kernels find the columns of the raw interface by the shapes of the cell, in whatever order."""

import pytest

pytest.importorskip("numba")

from memnets.interface import Interface

from .unrolled import CELLS, SEVERAL_HEADS, UNITS, WAYS, build, same

VARIANTS = [(cell, {}) for cell in CELLS] + list(SEVERAL_HEADS.items())
VARIANTS += [("dnc", {"links": False}), ("dntm", {"recency": False, "gated_input": False})]


@pytest.mark.parametrize("estimator", WAYS)
@pytest.mark.parametrize(("cell", "options"), VARIANTS, ids=str)
def test_the_order_of_an_interfaces_shapes_is_free(cell, options, estimator):
    network = build(cell, estimator, **options)
    shapes = network.cell.interface.shapes
    network.cell.interface = Interface(UNITS, dict(sorted(shapes.items(), reverse=True)))
    assert list(network.cell.interface.shapes) != list(shapes)
    same(network, 8, 2)
