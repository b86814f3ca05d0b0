"""A network addressed otherwise in place: its single steps are the sequence."""

import pytest
import torch

from memnets.addressing import addressed, others, readdressed, slow_controls

from .building import small


@pytest.mark.parametrize("read_steps", [1, 2])
def test_a_network_cut_off_in_place_is_its_controller_alone(read_steps):
    network = small("dntm", cell_options={"read_steps": read_steps}).double().eval()
    inputs_TBX = torch.randn(6, 3, 4, dtype=torch.float64)
    with torch.no_grad(), addressed(network, "cut off") as changed:
        alone = changed(inputs_TBX)
    with torch.no_grad(), readdressed(network, "cut off"):
        found = network(inputs_TBX)
    torch.testing.assert_close(found.logits_TBY, alone.logits_TBY, rtol=1e-12, atol=1e-13)
    assert network.backend == "auto" and "read_again" not in vars(network.cell)


@pytest.mark.parametrize("estimator", ["soft", "reinforce", "top_k"])
@pytest.mark.parametrize("cell", ["ntm", "dnc", "dntm", "attention", "stack"])
def test_single_steps_under_an_address_are_the_sequence_under_it(cell, estimator):
    network = small(cell, estimator).double().eval()
    inputs_TBX = torch.randn(5, 3, 4, dtype=torch.float64)
    for address in ("own", *others(network), *slow_controls(network)):
        with torch.no_grad(), addressed(network, address, seed=3) as changed:
            whole = changed(inputs_TBX).logits_TBY
        with torch.no_grad(), readdressed(network, address, seed=3):
            state, found = network.initial_state(3), []
            for x_1BX in inputs_TBX.split(1):
                rollout = network(x_1BX, state)
                state = rollout.state
                found.append(rollout.logits_TBY)
        torch.testing.assert_close(torch.cat(found), whole, rtol=1e-12, atol=1e-13)
