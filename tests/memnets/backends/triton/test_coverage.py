import copy

import pytest
import torch

from memnets.backends.triton import coverage
from memnets.backends.triton.backend import Triton
from memnets.backends.triton.cells.base import CellRun, triton_cells
from memnets.cells.ntm import NTM
from memnets.registry import cells
from memnets.spec import ModelSpec

from .against import build

kernels = Triton()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"cell": "dntm"}, "the cell DNTM"),
        ({"estimator": "reinforce"}, "the estimator Reinforce"),
        ({"controller": "gru"}, "the controller GRU"),
        ({"controller_options": {"layers": 2}}, "the controller has 2"),
        ({"cell_options": {"slots": 300, "width": 20}}, "300 by 20 is 16384"),
        ({"controller_size": 1025}, "1024 numbers, not of 1025"),
    ],
)
def test_what_no_kernel_covers_is_said_and_refused(changes, why, triton_device):
    network = ModelSpec(**({"cell": "ntm", "controller_size": 6} | changes)).build(4, 3)
    network = network.to(triton_device)
    assert why in kernels.refuses(network)
    with pytest.raises(ValueError, match=why):
        kernels(network, torch.randn(2, 1, 4, device=triton_device))


def test_without_the_interpreter_a_processor_is_not_covered():
    network = ModelSpec("ntm").build(4, 3)
    pytest.importorskip("triton")
    assert kernels.refuses(network) == "the network is on cpu, the Triton kernels are for a GPU"


def test_kernels_that_fail_to_load_are_a_reason(monkeypatch, triton_device):
    def load(name):
        raise RuntimeError("0 active drivers")

    monkeypatch.setattr(triton_cells, "_entries", {})
    monkeypatch.setattr(triton_cells, "get", load)
    reason = "the fused kernels cannot be loaded (RuntimeError: 0 active drivers)"
    assert kernels.refuses(build("ntm").to(triton_device)) == reason


def test_a_compiler_is_looked_for_once(monkeypatch):
    looked = []
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setattr(coverage, "which", looked.append)
    coverage._compiler.cache_clear()
    assert not coverage._compiler() and not coverage._compiler()
    assert looked == ["gcc", "clang"]
    coverage._compiler.cache_clear()


def test_without_triton_nothing_is_covered(monkeypatch, triton_device):
    def load(name):
        raise ModuleNotFoundError("No module named 'triton'", name="triton")

    monkeypatch.setattr(triton_cells, "_entries", {})
    monkeypatch.setattr(triton_cells, "get", load)
    network = ModelSpec("ntm").build(4, 3).to(triton_device)
    assert kernels.refuses(network) == "triton is not installed"


def test_a_submodule_of_another_class_is_refused(triton_device):
    network = build("ntm").to(triton_device)
    network.cell.interface.linear.__class__ = type("LoRA", (torch.nn.Linear,), {})
    assert kernels.refuses(network) == "its cell.interface.linear is a LoRA"


def test_every_cell_with_kernels_is_a_registered_cell():
    assert set(triton_cells) <= set(cells) and {"ntm", "dnc"} <= set(triton_cells)


def test_a_cell_derived_from_one_with_kernels_has_none(triton_device):
    network = build("ntm").to(triton_device)
    network.cell.__class__ = type("Derived", (NTM,), {})
    assert kernels.refuses(network) == "the cell Derived has no Triton kernel"


def test_a_further_cell_has_kernels_as_soon_as_a_run_is_registered(triton_device, monkeypatch):
    class RingRun(CellRun):
        @staticmethod
        def refuses(cell):
            return "it was asked"

    network = ModelSpec("lrua", controller_size=6).build(4, 3).to(triton_device)
    assert kernels.refuses(network) == "the cell LRUA has no Triton kernel"
    # all that a registration changes, so that it is forgotten afterwards
    for name in ("_registered", "_found", "version"):
        monkeypatch.setattr(triton_cells, name, copy.copy(getattr(triton_cells, name)))
    triton_cells.register("lrua")(RingRun)
    assert kernels.refuses(network) == "it was asked"


def test_a_soft_estimator_behind_an_annealed_one_is_covered(triton_device):
    network = ModelSpec("ntm", "annealed", controller_size=6).build(4, 3).to(triton_device)
    assert kernels.refuses(network.train()) is None
    assert "the estimator Reinforce" in kernels.refuses(network.eval())
