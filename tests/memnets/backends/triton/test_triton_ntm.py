import pytest
import torch
from torch import nn
from torch.nn.utils.parametrize import register_parametrization

from ..rollouts import agree, alike, outputs_of
from .against import build, kernels, middle_of_a_sequence, reference

LSTM = {"controller": "lstm", "slots": 7, "width": 5}
CASES = {
    "lstm": LSTM,
    "feedforward": {
        **{"controller": "feedforward", "slots": 16, "width": 8, "shifts": 5},
        **{"write_heads": 2, "read_heads": 2, "memory_start": "learned"},
    },
    "read first, more shifts than slots": {
        **{"controller": "lstm", "slots": 5, "width": 3, "shifts": 7, "write_heads": 2},
        **{"read_first": True, "weights_start": "learned", "memory_start": "random"},
    },
    "three write heads": {"controller": "feedforward", "slots": 4, "width": 3, "write_heads": 3},
    "one slot of one number": {"controller": "lstm", "slots": 1, "width": 1, "shifts": 1},
}


@pytest.mark.parametrize("case", CASES)
def test_kernels_give_the_reference_and_its_gradients(case, triton_device, monkeypatch):
    monkeypatch.setattr("memnets.backends.triton.recurrence.SAVE_EVERY", 3)
    network = build("ntm", **CASES[case])
    batch, steps = (2, 4) if case == "lstm" else (1, 4)
    inputs, state = torch.randn(steps, batch, 4).double(), middle_of_a_sequence(network, batch)
    agree(network, kernels, (inputs, state), torch.float64, triton_device)


class Squashed(nn.Module):
    def forward(self, weight):
        return weight.tanh()


@pytest.mark.parametrize(
    ("controller", "place", "weight"),
    [
        ("lstm", "controller.cells.0", "weight_ih"),
        ("feedforward", "controller.layers.0", "weight"),
        ("lstm", "cell.interface.linear", "weight"),
    ],
)
def test_a_parametrized_network_is_as_on_the_reference(controller, place, weight, triton_device):
    network = build("ntm", controller, slots=5, width=3)
    # not weight_norm, which torch computes on CUDA as in float32 even in float64
    register_parametrization(network.get_submodule(place), weight, Squashed())
    inputs, state = torch.randn(2, 1, 4).double(), middle_of_a_sequence(network, 1)
    agree(network, kernels, (inputs, state), torch.float64, triton_device)


@pytest.mark.parametrize("controller", ["lstm", "feedforward"])
def test_float32_from_the_start_of_a_sequence(controller, triton_device):
    network = build("ntm", controller, slots=7, width=5)
    inputs = torch.randn(3, 2, 4).double()
    agree(network, kernels, (inputs, None), device=triton_device)


def test_slots_under_the_floor_pass_no_gradient_and_finite_ones_do(triton_device):
    network = build("ntm", slots=3, width=2)
    state = middle_of_a_sequence(network, 1)
    memory = torch.tensor([[[0.0, 0.0], [0.6e-4, 0.0], [0.3, -0.2]]], dtype=torch.float64)
    state = state._replace(cell=state.cell._replace(memory_BNW=memory.requires_grad_()))
    inputs = torch.randn(1, 1, 4).double()
    agree(network, kernels, (inputs, state), torch.float64, triton_device)


def test_no_gradient_asked_for_none_prepared(triton_device):
    network = build("ntm", **LSTM).to(triton_device)
    inputs = torch.randn(2, 1, 4).double().to(triton_device)
    with torch.no_grad():
        found = kernels(network, inputs)
        expected = reference(network, inputs, network.initial_state(1))
    alike(outputs_of(found), outputs_of(expected), 1e-10)
    assert not found.logits_TBY.requires_grad
