"""Which tests of CPU kernels are slow: those that compile the kernels of a whole cell.

A cell's take 10 to 40 seconds of a processor. Those of the NTM and the DNC, whose parts most others
are made of, are compiled by fast tests too.
"""

from pathlib import Path

import pytest

HERE = Path(__file__).parent
FAST = ("ntm", "dnc", "none")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks them, wherever a cell is named: by a parameter or by the file."""
    for item in items:
        if HERE in item.path.parents and cell_of(item) not in (*FAST, None):
            item.add_marker(pytest.mark.slow)


def cell_of(item: pytest.Item) -> str | None:
    """The cell whose kernels a test compiles; None where it names none."""
    if item.path.parent.name == "cells":
        return item.path.stem.split("_")[1]
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    return parameters.get("cell")
