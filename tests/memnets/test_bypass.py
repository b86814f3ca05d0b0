"""Bypass dropout: on the controller's way to the readout, while training, and nowhere else."""

import pytest
import torch

from .building import built

STEPS, BATCH, INPUTS, HIDDEN = 6, 64, 4, 8


def seen_by_the_readout(network):
    seen = []
    network.readout.register_forward_hook(lambda _, given, __: seen.append(given[0]))
    return seen


def test_parts_of_the_controllers_output_are_dropped_and_the_rest_is_scaled_up():
    network = built(bypass_dropout=0.25).train()
    seen = seen_by_the_readout(network)
    rollout = network(torch.randn(STEPS, BATCH, INPUTS))
    direct, read = seen[0][..., :HIDDEN], seen[0][..., HIDDEN:]
    kept = direct != 0
    torch.testing.assert_close(direct[kept], rollout.hidden_TBC[kept] / 0.75)
    assert abs(kept.float().mean().item() - 0.75) < 4.5 * (0.25 * 0.75 / kept.numel()) ** 0.5
    assert torch.equal(read[-1], rollout.state.read_BO)


def test_memory_state_and_what_baselines_see_are_those_without_dropout():
    inputs_TBX = torch.randn(STEPS, BATCH, INPUTS)
    plain, dropped = (
        built(bypass_dropout=0.0).train()(inputs_TBX),
        built(bypass_dropout=0.5).train()(inputs_TBX),
    )
    assert not torch.equal(plain.logits_TBY, dropped.logits_TBY)
    assert torch.equal(plain.hidden_TBC, dropped.hidden_TBC)
    assert torch.equal(plain.address.weights_BHK, dropped.address.weights_BHK)
    assert torch.equal(plain.state.read_BO, dropped.state.read_BO)
    assert torch.equal(plain.state.cell.memory_BNW, dropped.state.cell.memory_BNW)


@pytest.mark.parametrize("cell", ["ntm", "none"])
def test_nothing_is_dropped_outside_of_training(cell):
    inputs_TBX = torch.randn(STEPS, BATCH, INPUTS)
    plain, dropped = built(cell, bypass_dropout=0.0).eval(), built(cell, bypass_dropout=0.5).eval()
    expected = plain(inputs_TBX)
    assert torch.equal(dropped(inputs_TBX).logits_TBY, expected.logits_TBY)
    logits, _, _ = dropped.step(inputs_TBX[0], dropped.initial_state(BATCH))
    torch.testing.assert_close(logits, expected.logits_TBY[0])


def test_a_single_step_drops_too_while_training():
    network = built(bypass_dropout=0.5).train()
    seen = seen_by_the_readout(network)
    network.step(torch.randn(BATCH, INPUTS), network.initial_state(BATCH))
    assert (seen[0][:, :HIDDEN] == 0).any()


@pytest.mark.parametrize("share", [1.0, -0.1])
def test_a_share_outside_of_zero_to_one_is_refused(share):
    with pytest.raises(ValueError, match="bypass_dropout must be at least 0 and below 1"):
        built(bypass_dropout=share)
