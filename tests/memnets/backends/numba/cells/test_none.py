"""Controllers without a memory: whole sequences at once beside the reference's loop in float64."""

import pytest
import torch

from memnets.backends import choose
from memnets.backends.numba.backend import Numba

from ....building import built
from ..unrolled import INPUTS, OUTPUTS, same

kernels = Numba()

CONTROLLERS = ("lstm", "gru", "rnn", "feedforward", "graves2013")


def build(controller, layers=1, units=11, estimator="soft", **more):
    return built(
        "none",
        estimator,
        controller,
        inputs=INPUTS,
        outputs=OUTPUTS,
        controller_size=units,
        controller_options={"layers": layers},
        **more,
    )


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("steps, batch", [(1, 1), (2, 5), (20, 16), (120, 3)])
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("controller", CONTROLLERS)
def test_equals_the_reference(controller, layers, steps, batch, first):
    network = build(controller, layers)
    if controller == "graves2013":
        torch.nn.init.normal_(network.controller.start_L2C)
    same(network, steps, batch, first=first)


@pytest.mark.parametrize("controller", CONTROLLERS)
def test_a_batch_of_256_on_two_threads_at_the_size_of_the_paper(controller):
    same(build(controller, 3, 128), 10, 256, threads=2, first=True)


@pytest.mark.parametrize("estimator", ["reinforce", "leave_one_out", "gumbel"])
def test_an_estimator_with_nothing_to_choose(estimator):
    same(build("graves2013", 2, estimator=estimator), 6, 4)


@pytest.mark.parametrize("controller", CONTROLLERS)
def test_two_pieces_are_one_sequence(controller):
    network, inputs_TBX = build(controller, 2), torch.randn(9, 3, INPUTS)
    whole = network(inputs_TBX)
    head = network(inputs_TBX[:4])
    tail = network(inputs_TBX[4:], head.state)
    pieces = torch.cat([head.logits_TBY, tail.logits_TBY])
    torch.testing.assert_close(pieces, whole.logits_TBY)
    assert choose(network, "auto", inputs_TBX).backend == "numba"


def test_a_controller_of_somebodys_own_has_no_kernel():
    network = build("lstm")
    network.controller.__class__ = type("Mine", (type(network.controller),), {})
    assert kernels.refuses(network) == "the controller Mine has no kernel"


@pytest.mark.parametrize("controller", CONTROLLERS)
def test_second_derivatives_are_those_of_the_reference(controller):
    network = build(controller).requires_grad_(True)
    network.readout.requires_grad_(False)
    inputs_TBX = torch.randn(4, 2, INPUTS, requires_grad=True)
    penalties = []
    for backend in ("numba", "reference"):
        network.backend = backend
        total = network(inputs_TBX).logits_TBY.sum()
        (gradient,) = torch.autograd.grad(total, inputs_TBX, create_graph=True)
        weights = list(network.controller.parameters())
        penalties.append(
            torch.autograd.grad(gradient.square().sum(), weights, materialize_grads=True)
        )
    for found, expected in zip(*penalties, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    assert any(gradient.abs().max() > 0 for gradient in penalties[1])
