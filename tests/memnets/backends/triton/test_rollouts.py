"""What holds for the rollouts of every cell that has Triton kernels."""

import sys

import pytest
import torch

from memnets.backends.triton.cells.base import triton_cells
from memnets.interface import Interface
from memnets.registry import cells
from memnets.spec import ModelSpec

from ..rollouts import agree, cast, outputs_of, outputs_whatever_the_order_of_slots
from .against import build, kernels, reference

SIZES = {"slots": 6, "width": 3, "write_heads": 2, "read_heads": 2}


def reversed_interface(input_size, shapes):
    return Interface(input_size, dict(reversed(shapes.items())))


@pytest.mark.parametrize("cell", list(triton_cells))
def test_the_interface_may_lay_out_its_parameters_in_any_order(cell, triton_device, monkeypatch):
    module = sys.modules[cells.get(cell).__module__]
    monkeypatch.setattr(module, "Interface", reversed_interface)
    network = build(cell, **SIZES)
    assert next(iter(network.cell.interface.shapes)) in ("add", "modes")
    agree(network, kernels, (torch.randn(3, 1, 4).double(), None), torch.float64, triton_device)


# the interpreter computes with numpy, which warns
@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")
@pytest.mark.parametrize("controller", ["lstm", "feedforward"])
@pytest.mark.parametrize("cell", list(triton_cells))
def test_nan_stays_nan(cell, controller, triton_device):
    network = build(cell, controller, **SIZES)
    inputs = torch.randn(5, 2, 4).double()
    inputs[2, 0, 1] = torch.nan
    expected = outputs_of(reference(network, inputs, network.initial_state(2)))
    twin = network.to(triton_device)
    found = outputs_of(kernels(twin, inputs.to(triton_device)))
    for name, theirs in expected.items():
        assert torch.equal(found[name].isnan().cpu(), theirs.isnan()), name
    logits_TBY = found[".logits_TBY"]
    assert logits_TBY[2:, 0].isnan().all() and logits_TBY[:, 1].isfinite().all()


def test_a_usage_that_is_nan_comes_last_and_leaves_the_other_slots_alone(triton_device):
    network = build("dnc", **SIZES)
    state = network.initial_state(1)
    used_BN = torch.tensor([[0.5, torch.nan, 0.1, 0.9, 0.3, torch.nan]], dtype=torch.float64)
    state = state._replace(cell=state.cell._replace(usage_BN=used_BN))
    inputs = torch.randn(1, 1, 4).double()
    expected = outputs_of(reference(network, inputs, state))
    state = cast(state, device=triton_device, asks=True)
    found = outputs_of(kernels(network.to(triton_device), inputs.to(triton_device), state))
    weights = found[".address.weights_BHK"]
    assert weights.isnan().any() and weights.isfinite().any()
    for name, theirs in expected.items():
        torch.testing.assert_close(found[name].cpu(), theirs, equal_nan=True)


@pytest.mark.parametrize("cell", list(triton_cells))
def test_the_size_of_the_papers_in_float32(cell, triton_device):
    # enough steps for several saved memories; more where they take no time
    steps, batch = (42, 3) if triton_device.type == "cuda" else (9, 1)
    network = ModelSpec(cell, cell_options={"slots": 128, "width": 20}).build(4, 3).double()
    inputs = torch.randn(steps, batch, 4).double()
    # an empty DNC memory has ties: rounding may choose other slots, of the same contents
    seen = outputs_whatever_the_order_of_slots
    agree(network, kernels, (inputs, None), device=triton_device, seen=seen)


@pytest.mark.parametrize("cell", list(triton_cells))
def test_a_second_derivative_is_refused_in_a_line_that_says_what_would_do(cell, triton_device):
    network = build(cell, **SIZES).to(triton_device)
    # nothing after the kernels learns: their incoming gradients depend on nothing
    network.readout.requires_grad_(False)
    inputs = torch.randn(3, 1, 4, device=triton_device).double().requires_grad_()
    total = kernels(network, inputs).logits_TBY.sum()
    with pytest.raises(RuntimeError, match='for second derivatives set backend="reference"'):
        torch.autograd.grad(total, inputs, create_graph=True)
