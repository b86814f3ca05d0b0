"""What the RL-NTM's rollouts in kernels have of their own: options, size, states and refusals."""

from dataclasses import replace

import pytest
import torch

pytest.importorskip("numba")

from memnets.backends.numba.backend import Numba
from memnets.presets import rlntm2015

from ..unrolled import INPUTS, OUTPUTS, WAYS, build, fused, same

kernels = Numba()

EVERYTHING = {
    "heads": 2,
    "tied": False,
    "window": 5,
    "write_window": 3,
    "erase": True,
    "written": "tanh",
    "inverse_temperature": 0.3,
    "last_moves": True,
    "direct_access": True,
}
OPTIONS = [
    {"heads": 2},
    {"tied": False},
    {"erase": False},
    {"window": 1, "write_window": 1},
    {"written": "tanh"},
    {"inverse_temperature": 0.01},
    {"last_moves": True},
    {"direct_access": True},
    {"direct_access": True, "erase": False, "width": 4},
    EVERYTHING,
    # windows wider than the tape
    {"slots": 2, "window": 5, "write_window": 5, "heads": 3},
    {"slots": 1, "width": 1},
    {"slots": 128, "width": 35},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("estimator", WAYS)
def test_every_option(options, estimator):
    same(build("rlntm", estimator, **options), 9, 2)


@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
@pytest.mark.parametrize("controller", ["feedforward", "gru", "lstm"])
@pytest.mark.parametrize("estimator", [*WAYS, "gumbel", "reinmax"])
def test_everything_at_once_from_the_start(estimator, controller, training):
    network = build("rlntm", estimator, controller, scale=1.0, **EVERYTHING).train(training)
    same(network, 23, 9, threads=2, first=True)


@pytest.mark.parametrize("estimator", WAYS)
def test_at_the_authors_size_from_the_start(estimator):
    spec = rlntm2015("reverse", estimator=estimator)
    # the baseline is no part of a rollout, and the check gives it no inputs
    network = replace(spec, estimator_options={}).build(INPUTS, OUTPUTS)
    same(network, 42, 16, first=True)


def test_a_state_of_the_other_form_is_refused_and_one_of_its_own_is_not():
    """Chosen moves leave slots, dense ones weightings: neither can go on from the other's."""
    inputs_TBX, networks = torch.randn(5, 3, INPUTS), [build("rlntm", name) for name in WAYS[:2]]
    soft, chosen = (fused(network)(inputs_TBX).state for network in networks)
    assert soft.cell.slots_BHK is None and chosen.cell.slots_BHK.dtype == torch.long
    for network, own, other in ((networks[0], soft, chosen), (networks[1], chosen, soft)):
        assert kernels.refuses(network, inputs_TBX, own) is None
        assert "state" in (kernels.refuses(network, inputs_TBX, other) or "")


def test_the_last_state_stays_what_it_was_when_the_gradient_has_gone_back():
    network, inputs_TBX = build("rlntm", "reinforce"), torch.randn(7, 3, INPUTS)
    rollout = fused(network)(inputs_TBX)
    contents = rollout.state.cell.memory_BNW.detach().clone()
    rollout.logits_TBY.sum().backward(retain_graph=True)
    first = network.readout.weight.grad.clone()
    assert contents.any() and torch.equal(rollout.state.cell.memory_BNW, contents)
    network.zero_grad()
    rollout.logits_TBY.sum().backward()
    assert torch.equal(network.readout.weight.grad, first)


def test_a_persistent_memory_is_left_to_the_reference():
    assert kernels.refuses(build("rlntm", persistent=True)) == "no kernel for persistent"


def test_one_move_that_keeps_its_weight_is_left_to_the_reference():
    network = build("rlntm", "top_k", estimator_options={"k": 1})
    assert kernels.refuses(network) == "no kernel for one move with its weight"
    assert kernels.refuses(build("rlntm", "top_k", estimator_options={"k": 2})) is None


@pytest.mark.parametrize("k", [2, 3])
def test_moves_of_which_some_are_dropped(k):
    same(build("rlntm", "top_k", estimator_options={"k": k}), 9, 2)
