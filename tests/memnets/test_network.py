"""The network around a cell: unrolling, state, precision, and what reaches a baseline."""

import pytest
import torch

from memnets.registry import cells, controllers, estimators

from .building import built

STEPS, BATCH, INPUTS, OUTPUTS = 7, 3, 4, 2


def inputs(dtype=torch.float32):
    return torch.randn(STEPS, BATCH, INPUTS, dtype=dtype)


@pytest.mark.parametrize("cell", list(cells))
def test_two_pieces_are_one_run_and_steps_are_a_rollout(cell):
    network = built(cell).double().eval()
    inputs_TBX = inputs(torch.float64)
    with torch.no_grad():
        whole = network(inputs_TBX)
        for cut in (1, 3, STEPS - 1):
            start = network(inputs_TBX[:cut])
            rest = network(inputs_TBX[cut:], start.state)
            torch.testing.assert_close(torch.cat([start.logits_TBY, rest.logits_TBY]), whole[0])
        state = network.initial_state(BATCH)
        for step, x_BX in enumerate(inputs_TBX):
            logits, state, address = network.step(x_BX, state)
            torch.testing.assert_close(logits, whole.logits_TBY[step])
            torch.testing.assert_close(address.weights_BHK, whole.address.weights_BHK[step])


@pytest.mark.parametrize("cell", list(cells))
def test_a_rollout_spans_time_batch_and_heads_in_the_networks_precision(cell):
    network = built(cell).double()
    rollout = network(inputs(torch.float64))
    heads = len(network.cell.heads)
    assert rollout.logits_TBY.shape == (STEPS, BATCH, OUTPUTS)
    assert rollout.hidden_TBC.shape == (STEPS, BATCH, 8)
    assert rollout.address.log_prob_BH.shape == (STEPS, BATCH, heads)
    dense = rollout.address.dense(network.cell.slots)
    assert dense.shape == (STEPS, BATCH, heads, network.cell.slots)
    for value in (rollout.logits_TBY, rollout.hidden_TBC, dense, rollout.state.read_BO):
        assert value.dtype == torch.float64


@pytest.mark.parametrize("kind", [torch.float32, torch.int64])
@pytest.mark.parametrize("cell", list(cells))
def test_inputs_of_a_smaller_type_become_the_networks(cell, kind):
    network = built(cell).double().eval()
    inputs_TBX = (3 * inputs()).to(kind)
    found, expected = network(inputs_TBX), network(inputs_TBX.double())
    torch.testing.assert_close(found.logits_TBY, expected.logits_TBY)


@pytest.mark.parametrize("estimator", list(estimators))
def test_no_parameter_or_buffer_is_stored_twice(estimator):
    network = built(estimator=estimator)
    stored = network.state_dict(keep_vars=True)
    assert len({id(value) for value in stored.values()}) == len(stored)
    assert not [name for name in stored if name.startswith("estimator.")]
    own = [name for name in stored if name.startswith("cell.estimator.")]
    assert len(own) == len(network.estimator.state_dict())


def test_the_estimator_is_the_cells():
    network = built(estimator="gumbel")
    assert network.estimator is network.cell.estimator
    network.estimator.advance()
    assert network.cell.state_dict()["estimator.updates"] == 1


@pytest.mark.parametrize("estimator", ["reinforce", "annealed"])
@pytest.mark.parametrize("controller", list(controllers))
def test_a_learned_baseline_gets_features_of_its_width_and_learns(estimator, controller):
    network = built("dntm", estimator, controller)
    rollout = network(inputs())
    cost_TB = rollout.logits_TBY.square().sum(-1)
    network.estimator.train()
    if estimator == "annealed":
        network.estimator.use_first.fill_(False)
        rollout = network(inputs())
    baseline = [p for n, p in network.named_parameters() if "predict" in n]
    assert [p.shape for p in baseline] == [(1, network.controller.output_size), (1,)]
    network.estimator.loss(rollout.address, cost_TB, rollout.hidden_TBC).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in baseline)


def test_the_baselines_loss_leaves_the_controller_alone():
    network = built("none", "reinforce")
    rollout = network(inputs())
    cost_TB = rollout.logits_TBY.square().sum(-1)
    network.estimator.loss(rollout.address, cost_TB, rollout.hidden_TBC).backward()
    assert all(p.grad is None for p in network.controller.parameters())
    assert all(p.grad is None for p in network.readout.parameters())


def test_the_readout_runs_once_for_a_whole_sequence_and_the_rest_once_a_step():
    network = built()
    calls = {"readout": 0, "controller": 0, "cell": 0}
    for name in calls:

        def count(*_, name=name):
            calls[name] += 1

        network.get_submodule(name).register_forward_hook(count)
    network(inputs())
    assert calls == {"readout": 1, "controller": STEPS, "cell": STEPS}


def test_the_readout_sees_the_controllers_output_and_what_was_just_read():
    network = built()
    seen = []
    network.readout.register_forward_hook(lambda _, given, __: seen.append(given[0]))
    rollout = network(inputs())
    assert seen[0].shape == (STEPS, BATCH, 8 + network.cell.read_size)
    assert torch.equal(seen[0][..., :8], rollout.hidden_TBC)
    assert torch.equal(seen[0][-1, :, 8:], rollout.state.read_BO)


def test_the_controller_sees_the_input_and_the_read_before():
    network = built()
    seen = []
    network.controller.register_forward_hook(lambda _, given, __: seen.append(given[0]))
    inputs_TBX = inputs()
    start = network(inputs_TBX[:3])
    network(inputs_TBX[3:], start.state)
    assert torch.equal(seen[0], torch.cat([inputs_TBX[0], torch.zeros(BATCH, 20)], -1))
    assert torch.equal(seen[3], torch.cat([inputs_TBX[3], start.state.read_BO], -1))


@pytest.mark.parametrize("controller", list(controllers))
def test_stacked_layers_are_an_option_of_every_controller(controller):
    one, two = (
        built("none", controller=controller, controller_options={"layers": layers})
        for layers in (1, 2)
    )
    extra = sum(p.numel() for p in two.parameters()) - sum(p.numel() for p in one.parameters())
    gates = {"lstm": 4, "gru": 3, "rnn": 1}.get(controller)
    feedforward = {"feedforward": 8 * 8 + 8}.get(controller, extra)
    assert extra == (gates * (2 * 8 * 8 + 2 * 8) if gates else feedforward) > 0
    assert two(inputs()).logits_TBY.shape == (STEPS, BATCH, OUTPUTS)
