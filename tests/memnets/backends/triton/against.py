"""Rollouts by the Triton kernels beside the reference in float64: everything given, every gradient.

What several files of tests for the kernels share; the fixture for their device is in conftest.py.
"""

import copy

import torch

from memnets.backends.triton.backend import Triton
from memnets.spec import ModelSpec
from memnets.types import NetworkState

kernels = Triton()

INPUTS, OUTPUTS, UNITS = 4, 3, 6


def build(cell, controller="lstm", **options):
    """A small network in float64, its parameters far from those at the start of training."""
    network = ModelSpec(cell, controller=controller, controller_size=UNITS, cell_options=options)
    network = network.build(INPUTS, OUTPUTS).double()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter += 0.3 * torch.randn_like(parameter)
    return network


def leaves(state):
    return [state.read_BO, *state.cell, *(part for layer in state.controller for part in layer)]


def outputs(rollout):
    address = rollout.address
    seen = [rollout.logits_TBY, rollout.hidden_TBC, address.weights_BHK, address.entropy_BH]
    return [*seen, *leaves(rollout.state)]


def gradients(network, run, inputs, state, seen=outputs):
    """What is `seen`, and the gradients of a loss in all of it: to parameters, inputs and state."""
    inputs = inputs.clone().requires_grad_()
    found = seen(run(network, inputs, state))
    generator = torch.Generator().manual_seed(1)
    loss = 0.0
    for value in found:
        weight = torch.randn(value.shape, generator=generator, dtype=torch.float64)
        loss = loss + (weight.to(value) * value).sum()
    asked = [*network.parameters(), inputs, *leaves(state)]
    asked = [tensor for tensor in asked if tensor.requires_grad]
    return found, torch.autograd.grad(loss, asked, allow_unused=True, materialize_grads=True)


def middle_of_a_sequence(network, batch):
    """A state in which nothing is zero, every part of which wants a gradient."""
    with torch.no_grad():
        state = network(torch.randn(3, batch, INPUTS, dtype=torch.float64)).state
    return moved(state, torch.float64, "cpu")


def moved(state, dtype, device):
    def move(tensor):
        return tensor.detach().to(device, dtype).requires_grad_()

    cell = type(state.cell)(*(move(part) for part in state.cell))
    controller = tuple(tuple(move(part) for part in layer) for layer in state.controller)
    return NetworkState(controller, cell, move(state.read_BO))


def reference(network, inputs, state):
    return network.unroll(inputs, state)


def worst(found, expected):
    """The largest error of a list of tensors, each relative to its own largest number."""
    return max(
        float((f.detach().cpu().double() - e.detach()).abs().max() / scale(e))
        for f, e in zip(found, expected, strict=True)
        if e.numel()
    )


def scale(expected):
    return expected.detach().abs().max().clamp_min(1e-6)


def agree(network, inputs, state, device, run=kernels):
    """The kernels in float64 give what the reference gives; a state of None is the first one."""
    first = state or network.initial_state(inputs.shape[1])
    expected = gradients(network, reference, inputs, first)
    twin = copy.deepcopy(network).to(device)
    there = moved(state, torch.float64, device) if state else twin.initial_state(inputs.shape[1])
    found = gradients(twin, run, inputs.to(device), there)
    assert worst(found[0], expected[0]) < 1e-10
    assert worst(found[1], expected[1]) < 1e-9


def close_in_float32(network, inputs, state, device, seen=outputs):
    """As `agree`, the kernels in float32: 1e-5 for what is `seen`, 1e-4 for its gradients."""
    first = state or network.initial_state(inputs.shape[1])
    expected = gradients(network, reference, inputs, first, seen)
    twin = copy.deepcopy(network).float().to(device)
    there = moved(state, torch.float32, device) if state else twin.initial_state(inputs.shape[1])
    found = gradients(twin, kernels, inputs.float().to(device), there, seen)
    assert worst(found[0], expected[0]) < 1e-5
    assert worst(found[1], expected[1]) < 1e-4
