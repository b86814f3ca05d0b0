"""What SAM's rollouts in kernels have of their own: its options, sparse addresses and refusals."""

import pytest
import torch

pytest.importorskip("numba")

from memnets.backends.numba.backend import Numba

from ..unrolled import ESTIMATORS, INPUTS, build, drawn, same

kernels = Numba()

OPTIONS = [
    {},
    {"usage_decay": 0.9},
    {"key_strength": False},
    {"heads": 1, "slots": 1, "width": 1},
    {"heads": 3, "slots": 3},
    {"threshold": 0.2, "heads": 4},
    {"slots": 128, "width": 20, "heads": 4},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_every_option_from_a_state_in_between(options, estimator):
    same(build("sam", estimator, **options), 9, 3)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_every_option_from_the_networks_own_first_state(options, estimator):
    same(build("sam", estimator, **options), 16, 3, first=True)


@pytest.mark.parametrize("options", [{"k": 1}, {"k": 40}, {"k": 3, "renormalise": True}], ids=str)
@pytest.mark.parametrize("first", [True, False])
def test_as_many_slots_as_are_kept(options, first):
    same(build("sam", "top_k", estimator_options=options), 15, 3, first=first)


@pytest.mark.parametrize("training", [True, False])
def test_a_state_that_names_a_slot_twice(training):
    network = build("sam", "top_k").train(training)
    inputs_TBX, state = drawn(network, 5, 2, first=False)
    state.cell.slots_BHK[:] = torch.tensor([3, 7, 3, 3])
    found = kernels(network, inputs_TBX, state)
    wanted = network.unroll(inputs_TBX, state)
    assert torch.equal(found.address.slots_BHK, wanted.address.slots_BHK)
    torch.testing.assert_close(found.logits_TBY, wanted.logits_TBY, rtol=1e-4, atol=1e-5)


def test_a_slot_beyond_the_memory_is_refused():
    network = build("sam", "top_k")
    inputs_TBX, state = drawn(network, 5, 2, first=False)
    state.cell.slots_BHK[0, 0, 0] = 13
    with pytest.raises(IndexError, match="beyond the 13"):
        kernels(network, inputs_TBX, state)


def test_a_state_of_another_form_is_refused():
    network, other = build("sam", "top_k"), build("sam", "soft")
    reason = kernels.refuses(network, torch.zeros(3, 2, INPUTS), other.initial_state(2))
    assert reason is not None and "the state" in reason


def test_a_persistent_memory_is_not_covered():
    reason = kernels.refuses(build("sam", "top_k", persistent=True))
    assert reason == "no kernel for persistent"
