"""The baseline of LSTMs that know the whole input, and how an estimator is given that input."""

import copy

import pytest
import torch

from memnets.estimators import Estimator, Reinforce, Soft
from memnets.estimators.baselines import Advantage
from memnets.estimators.sequence_baseline import SequenceBaseline
from memnets.spec import ModelSpec
from memnets.types import Address

T, B, C, X, SIZE = 5, 3, 4, 2, 6
SMALL = {"slots": 3, "width": 2}


def lstm_step(lstm, x_X, h, c):
    """One step of torch's LSTM of one sequence, gate by gate."""
    gates = lstm.weight_ih_l0 @ x_X + lstm.bias_ih_l0 + lstm.weight_hh_l0 @ h + lstm.bias_hh_l0
    i, f, g, o = gates.chunk(4)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


def naive(baseline, features_TC, inputs_TX):
    h = c = torch.zeros(SIZE, dtype=torch.float64)
    for x_X in reversed(list(inputs_TX)):
        h, c = lstm_step(baseline.reader, x_X, h, c)
    read, predicted = h, []
    h = c = torch.zeros(SIZE, dtype=torch.float64)
    for x_X, feature_C in zip(inputs_TX, features_TC, strict=True):
        h, c = lstm_step(baseline.beside, torch.cat([x_X, feature_C]), h, c)
        mixed = (baseline.mix.weight @ torch.cat([h, read]) + baseline.mix.bias).clamp_min(0)
        predicted.append(0.3 * (baseline.out.weight[0] @ mixed + baseline.out.bias[0]))
    return torch.stack(predicted)


def test_its_predictions_are_those_of_a_loop():
    torch.manual_seed(0)
    baseline = SequenceBaseline(C, X, size=SIZE, scale=0.3).double()
    for parameter in baseline.parameters():
        torch.nn.init.normal_(parameter)
    features_TBC = torch.randn(T, B, C, dtype=torch.float64)
    inputs_TBX = torch.randn(T, B, X, dtype=torch.float64)
    found = baseline(features_TBC, inputs_TBX)
    expected = [naive(baseline, features_TBC[:, b], inputs_TBX[:, b]) for b in range(B)]
    torch.testing.assert_close(found, torch.stack(expected, 1), rtol=0, atol=1e-12)


def test_it_sees_the_whole_input_but_no_later_output_of_the_controller():
    torch.manual_seed(0)
    baseline = SequenceBaseline(C, X).double()
    features_TBC = torch.randn(T, B, C, dtype=torch.float64)
    inputs_TBX = torch.randn(T, B, X, dtype=torch.float64)
    before = baseline(features_TBC, inputs_TBX)
    later = features_TBC.clone()
    later[3] += 1
    assert (baseline(later, inputs_TBX) != before).any(1).tolist() == [False] * 3 + [True] * 2
    asked = inputs_TBX.clone()
    asked[-1] += 1
    assert (baseline(features_TBC, asked) != before).all()


def test_its_loss_is_half_the_squared_error_summed_over_steps_and_trains_nothing_else():
    torch.manual_seed(0)
    advantage = Advantage(
        "sequence", normalise=False, size=SIZE, scale=1.0, feature_size=C, external_size=X
    )
    features_TBC = torch.randn(T, B, C, requires_grad=True)
    inputs_TBX, cost_TB = torch.randn(T, B, X, requires_grad=True), torch.rand(T, B)
    values, loss = advantage(cost_TB, features_TBC, inputs_TBX)
    predicted_TB = advantage.predict(features_TBC, inputs_TBX)
    error_TB = cost_TB.flip(0).cumsum(0).flip(0) - predicted_TB
    torch.testing.assert_close(values, error_TB)
    torch.testing.assert_close(loss, error_TB.square().sum() / (2 * B))
    loss.backward()
    assert features_TBC.grad is None and inputs_TBX.grad is None
    assert not values.requires_grad
    assert all(parameter.grad.any() for parameter in advantage.parameters())


def test_it_learns_what_only_the_input_tells():
    torch.manual_seed(0)
    advantage = Advantage(
        "sequence", normalise=False, size=16, scale=1.0, feature_size=C, external_size=X
    )
    optimiser = torch.optim.Adam(advantage.parameters(), 1e-2)
    for _ in range(400):
        # the last input, which the controller has not seen yet, decides the cost of the first step
        inputs_TBX = torch.zeros(T, 64, X)
        inputs_TBX[-1, :, 0] = torch.randint(2, (64,)) * 2 - 1
        cost_TB = torch.zeros(T, 64)
        cost_TB[0] = 2 * inputs_TBX[-1, :, 0]
        values, loss = advantage(cost_TB, torch.zeros(T, 64, C), inputs_TBX)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert values.square().mean() < 0.02 and cost_TB.square().mean() > 0.5


def test_its_first_weights_are_gaussian_and_move_no_random_number():
    torch.manual_seed(5)
    first = SequenceBaseline(20, 30, size=40)
    drawn = torch.rand(())
    torch.manual_seed(5)
    assert torch.equal(torch.rand(()), drawn)
    torch.manual_seed(5)
    second = SequenceBaseline(20, 30, size=40)
    for one, other in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(one, other)
    torch.manual_seed(6)
    third = SequenceBaseline(20, 30, size=40)
    assert not torch.equal(first.out.weight, third.out.weight)
    weights = torch.cat([parameter.flatten() for parameter in first.beside.parameters()])
    assert weights.std().item() == pytest.approx(0.1, rel=0.05) and abs(weights.mean()) < 0.01
    gates = first.reader.bias_ih_l0.view(4, -1).mean(1)
    assert gates.tolist() == pytest.approx([0, 1, 0, 0], abs=0.08)


def test_a_model_has_the_same_first_weights_under_any_baseline():
    networks = []
    for baseline in ("sequence", "learned", "none"):
        torch.manual_seed(3)
        options = {"baseline": baseline}
        networks.append(ModelSpec("ntm", "reinforce", "lstm", 4, SMALL, options).build(3, 2))
    own = "cell.estimator."
    states = [
        {name: x for name, x in network.state_dict().items() if not name.startswith(own)}
        for network in networks
    ]
    for state in states[1:]:
        assert state.keys() == states[0].keys()
        assert all(torch.equal(state[name], states[0][name]) for name in state)
    assert networks[0].estimator.advantage.predict.beside.input_size == 4 + 3


def test_without_the_inputs_it_says_what_to_do():
    nothing = torch.zeros(T, B, 1)
    address = Address(nothing, None, nothing, nothing)
    asked = "sequence baseline needs features and inputs: .* or choose baseline='learned'"
    built = Reinforce(C, X, baseline="sequence")
    with pytest.raises(ValueError, match=asked):
        built.loss(address, torch.rand(T, B), torch.rand(T, B, C))
    with pytest.raises(ValueError, match=asked):
        Reinforce(C, baseline="sequence").surrogate(
            address, torch.rand(T, B), torch.rand(T, B, C), torch.rand(T, B, X)
        )


def test_an_estimator_of_another_package_is_given_the_inputs_only_if_it_takes_them():
    class Plain(Estimator):
        in_training = at_test = "soft"

        def forward(self, weighting_BHN):
            return Soft()(weighting_BHN)

        def loss(self, address, cost_TB, features_TBC=None):
            return features_TBC.sum()

    class Curious(Plain):
        def loss(self, address, cost_TB, features_TBC=None, inputs_TBX=None):
            return inputs_TBX.sum()

    seen = None, torch.rand(T, B), torch.full((T, B, C), 2.0), torch.ones(T, B, X)
    assert Plain().surrogate(*seen) == 2 * T * B * C
    assert Curious().surrogate(*seen) == T * B * X
    assert Soft().surrogate(*seen) == 0


def test_it_goes_through_training_with_the_network():
    torch.manual_seed(0)
    options = {"baseline": "sequence", "gae_lambda": 0.9, "baseline_size": 5}
    network = ModelSpec("ntm", "reinforce", "lstm", 4, SMALL, options).build(
        X, 2, backend="reference"
    )
    before = copy.deepcopy(network.state_dict())
    inputs_TBX = torch.randn(T, B, X)
    rollout = network(inputs_TBX)
    cost_TB = rollout.logits_TBY.square().mean(-1)
    loss = cost_TB.sum(0).mean() + network.estimator.surrogate(
        rollout.address, cost_TB, rollout.hidden_TBC, inputs_TBX
    )
    loss.backward()
    torch.optim.SGD(network.parameters(), 0.1).step()
    moved = {name for name, x in network.state_dict().items() if not torch.equal(x, before[name])}
    assert {name for name, _ in network.named_parameters() if "predict" in name} <= moved
