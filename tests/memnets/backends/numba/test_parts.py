"""Kernels compute what submodules would: a submodule of another kind is run by the reference."""

import copy

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations, parametrize
from torch.nn.utils.parametrize import register_parametrization

pytest.importorskip("numba")

from memnets.backends.numba.backend import Numba
from memnets.interface import Interface

from ...building import small

kernels = Numba()

INPUTS, OUTPUTS, UNITS = 3, 2, 6


class LoRA(nn.Linear):
    def forward(self, x):
        return super().forward(x) + 1


def subclass(kind):
    return type("LoRA", (kind,), {"forward": lambda self, *given: kind.forward(self, *given)})


def build(cell="ntm", controller="lstm", **more):
    return small(
        cell,
        "soft",
        controller,
        inputs=INPUTS,
        outputs=OUTPUTS,
        controller_size=UNITS,
        **more,
    )


PLACES = [
    ("ntm", "lstm", "controller.cells.0"),
    ("ntm", "gru", "controller.cells.0"),
    ("dnc", "feedforward", "controller.layers.0"),
    ("ntm", "lstm", "controller.cells"),
    ("ntm", "lstm", "cell.interface"),
    ("ntm", "lstm", "cell.interface.linear"),
    ("dnc", "lstm", "cell.interface.linear"),
    ("dnc", "lstm", "cell.norm"),
    ("dntm", "lstm", "cell.interface.linear"),
    ("dntm", "lstm", "cell.gate_input"),
    ("dntm", "lstm", "cell.from_input"),
    ("sam", "lstm", "cell.interface.linear"),
    ("none", "lstm", "controller.cells.0"),
    ("none", "gru", "controller.cells.0"),
    ("none", "rnn", "controller.cells.0"),
    ("none", "feedforward", "controller.layers.0"),
    ("none", "graves2013", "controller.gates.2"),
]


@pytest.mark.parametrize(("cell", "controller", "place"), PLACES)
def test_a_submodule_of_another_class_is_refused(cell, controller, place):
    network = build(cell, controller)
    assert kernels.refuses(network) is None
    part = network.get_submodule(place)
    part.__class__ = subclass(type(part))
    expected = f"its {place} is a LoRA"
    assert kernels.refuses(network) == expected


def test_it_is_run_in_place_of_what_it_replaces():
    network = build()
    plain = network.cell.interface.linear
    lora = LoRA(plain.in_features, plain.out_features)
    network.cell.interface.linear = lora
    inputs_TBX = torch.randn(4, 2, INPUTS)
    expected = network.unroll(inputs_TBX, network.initial_state(2))
    assert torch.equal(network(inputs_TBX).logits_TBY, expected.logits_TBY)


@pytest.mark.parametrize(
    ("cell", "controller", "place", "other", "why"),
    [
        ("ntm", "gru", "controller.cells.0", nn.RNNCell(6, UNITS), "is a RNNCell"),
        ("none", "rnn", "controller.cells.0", nn.RNNCell(3, UNITS, nonlinearity="relu"), "relu"),
        ("none", "lstm", "controller.cells.0", nn.LSTMCell(3, UNITS, bias=False), "has no bias"),
        ("ntm", "lstm", "cell.interface", Interface(UNITS, {"key": (9, 9)}), "other shapes"),
        ("ntm", "lstm", "cell.interface.linear", nn.Linear(UNITS, 29, False), "has no bias"),
        ("dnc", "gru", "cell.interface.linear", nn.Linear(UNITS, 400), "has 400 outputs"),
        ("dntm", "lstm", "cell.from_input", nn.Linear(INPUTS, 3), "has a bias"),
    ],
)
def test_a_part_that_computes_something_else_is_refused(cell, controller, place, other, why):
    network = build(cell, controller)
    parent, _, name = place.rpartition(".")
    network.get_submodule(parent).register_module(name, other)
    reason = kernels.refuses(network)
    assert reason.startswith(f"its {place} ") and why in reason


@pytest.mark.parametrize(
    ("cell", "name", "shape"),
    [("ntm", "shift", (2, 5)), *[(cell, "spare", (2,)) for cell in ("ntm", "dnc", "dntm", "sam")]],
)
def test_an_interface_of_other_shapes_runs_on_the_reference(cell, name, shape):
    network = build(cell)
    network.cell.interface = Interface(UNITS, network.cell.shapes | {name: shape})
    expected = f"its cell.interface has other shapes than the cell was built with: {name}"
    assert kernels.refuses(network) == expected
    inputs_TBX = torch.randn(4, 2, INPUTS)
    reference = network.unroll(inputs_TBX, network.initial_state(2))
    assert torch.equal(network(inputs_TBX).logits_TBY, reference.logits_TBY)


PARAMETRIZED = [
    *[(cell, "cell.interface.linear", "weight") for cell in ("ntm", "dnc", "dntm", "sam")],
    ("ntm", "controller.cells.0", "weight_ih"),
    ("dntm", "cell.gate_input", "weight"),
    ("none", "controller.cells.0", "weight_ih"),
]


@pytest.mark.parametrize(("cell", "place", "weight"), PARAMETRIZED)
def test_a_parametrized_part_is_covered_and_as_on_the_reference(cell, place, weight):
    network = build(cell)
    parametrizations.weight_norm(network.get_submodule(place), weight)
    assert kernels.refuses(network) is None
    twin, inputs_TBX = copy.deepcopy(network), torch.randn(4, 2, INPUTS)
    expected = twin.unroll(inputs_TBX, twin.initial_state(2)).logits_TBY
    found = kernels(network, inputs_TBX).logits_TBY
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    for logits_TBY in (expected, found):
        logits_TBY.square().sum().backward()
    for one, other in zip(network.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(one.grad, other.grad, rtol=1e-3, atol=1e-4)


def test_a_parametrization_that_changes_from_step_to_step_is_refused():
    network = build()
    parametrizations.spectral_norm(network.cell.interface.linear)
    expected = "its cell.interface.linear has a parametrization that keeps buffers"
    assert kernels.refuses(network) == expected


def test_a_parametrized_subclass_is_still_a_subclass():
    network = build()
    linear = network.cell.interface.linear
    linear.__class__ = LoRA
    register_parametrization(linear, "weight", nn.Identity())
    assert parametrize.is_parametrized(linear)
    assert kernels.refuses(network) == "its cell.interface.linear is a ParametrizedLoRA"


def test_what_the_kernels_call_may_be_anything():
    network = build()
    network.readout.__class__ = LoRA
    assert kernels.refuses(network) is None
    inputs_TBX = torch.randn(4, 2, INPUTS)
    expected = network.unroll(inputs_TBX, network.initial_state(2)).logits_TBY
    torch.testing.assert_close(network(inputs_TBX).logits_TBY, expected)
