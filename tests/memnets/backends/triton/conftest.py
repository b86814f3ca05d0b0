"""Triton's kernels run on a GPU where there is one, in Triton's interpreter where there is none."""

import os
from importlib.util import find_spec

import pytest
import torch

from memnets.backends.triton.cells.base import triton_cells

INTERPRETED = find_spec("triton") is not None and not torch.cuda.is_available()

if INTERPRETED:
    # read once, when Triton is first imported: by other tests (torch.compile does) is too late
    os.environ["TRITON_INTERPRET"] = "1"
    try:
        for name in triton_cells:
            triton_cells.get(name)
    finally:
        del os.environ["TRITON_INTERPRET"]


@pytest.fixture
def triton_device(monkeypatch) -> torch.device:
    """Where the Triton kernels run in this test."""
    pytest.importorskip("triton")
    if INTERPRETED:
        monkeypatch.setenv("TRITON_INTERPRET", "1")
    return torch.device("cpu" if INTERPRETED else "cuda")
