"""What REINFORCE subtracts from a return, and its scale, against numbers worked by hand."""

import copy

import pytest
import torch

from memnets.estimators import Reinforce
from memnets.estimators.baselines import Advantage, generalised, returns


def test_returns_are_summed_from_each_step_on_or_over_the_sequence():
    cost_TB = torch.tensor([[1.0, 10.0], [2.0, 20.0], [4.0, 40.0]])
    assert returns(cost_TB, to_go=True).tolist() == [[7, 70], [6, 60], [4, 40]]
    assert returns(cost_TB, to_go=False).tolist() == [[7, 70]] * 3


def test_the_moving_average_is_used_before_it_is_updated_and_starts_without_bias():
    advantage = Advantage("moving_average", return_to_go=False, normalise=False)
    seen = [advantage(torch.full((1, 2), cost))[0].mean().item() for cost in (3.0, 3.0, 5.0, 5.0)]
    # averages of 3, 3, 5 with weights 0.9², 0.9, 1
    third = (3 * 0.81 + 3 * 0.9 + 5) / (0.81 + 0.9 + 1)
    assert seen == pytest.approx([3.0, 0.0, 2.0, 5.0 - third], abs=1e-5)
    advantage.eval()
    again = [advantage(torch.full((1, 2), 100.0))[0].mean().item() for _ in range(2)]
    assert again[0] == again[1]


def test_an_average_per_step_keeps_each_steps_own_past():
    advantage = Advantage("per_step", return_to_go=False, normalise=False)
    advantage(torch.tensor([[1.0, 3.0], [0.0, 0.0]]))
    values, _ = advantage(torch.tensor([[2.0], [0.0], [0.0]]))
    assert values.flatten().tolist() == pytest.approx([0.0, 0.0, 2.0], abs=1e-6)


def test_a_rollout_is_compared_with_the_others_of_its_sequence_only():
    advantage = Advantage("leave_one_out", normalise=False, rollouts=3)
    cost_TB = torch.tensor([[1.0, 2.0, 6.0, 10.0, 10.0, 40.0]])
    assert advantage(cost_TB)[0].tolist() == [[-3.0, -1.5, 4.5, -15.0, -15.0, 30.0]]
    with pytest.raises(ValueError, match="a batch of 4 is not 3 rollouts of each sequence"):
        advantage(torch.ones(2, 4))
    batch_TBZ = torch.arange(4.0).view(1, 2, 2)
    spread = Reinforce(baseline="leave_one_out", rollouts=2).spread(batch_TBZ)
    assert spread[..., 0].tolist() == [[0.0, 0.0, 2.0, 2.0]]


def test_no_baseline_is_the_bare_return():
    advantage = Advantage("none", normalise=False)
    for _ in range(3):
        values, loss = advantage(torch.tensor([[1.0], [2.0]]))
        assert values.flatten().tolist() == [3.0, 2.0]
        assert loss == 0


def test_returns_are_divided_by_their_running_deviation_but_not_by_less_than_the_floor():
    advantage = Advantage("moving_average", return_to_go=False, floor=1.0)
    cost_TB = torch.tensor([[0.0, 8.0]])
    assert advantage(cost_TB)[0].flatten().tolist() == [0.0, 8.0]
    torch.testing.assert_close(advantage(cost_TB)[0], torch.tensor([[-1.0, 1.0]]))
    small = Advantage("moving_average", return_to_go=False, floor=1.0)
    for _ in range(5):
        values, _ = small(torch.tensor([[0.0, 0.2]]))
    torch.testing.assert_close(values, torch.tensor([[-0.1, 0.1]]))


def test_the_learned_baselines_loss_is_the_papers_huber_loss():
    advantage = Advantage("learned", return_to_go=False, normalise=False, feature_size=1)
    # predictions are zero at first: the loss is H(d) = d² up to 1, then 2|d| - 1
    _, loss = advantage(torch.tensor([[0.5, -3.0]]), torch.ones(1, 2, 1))
    assert loss.item() == pytest.approx((0.25 + 5.0) / 2)


def test_a_learned_baseline_predicts_what_its_features_tell_and_never_trains_the_model():
    advantage = Advantage("learned", return_to_go=False, normalise=False, feature_size=1)
    features = torch.tensor([[[1.0], [-1.0]]], requires_grad=True)
    cost_TB = torch.tensor([[4.0, 2.0]])
    optimiser = torch.optim.SGD(advantage.parameters(), 0.1)
    for _ in range(100):
        values, loss = advantage(cost_TB, features)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert features.grad is None
    assert values.abs().max() < 0.01


@pytest.mark.parametrize("decay", [0.0, 0.3, 0.95, 1.0])
def test_generalised_advantages_are_those_of_a_loop(decay):
    torch.manual_seed(0)
    cost_TB, values_TB = torch.randn(2, 6, 3, dtype=torch.float64)
    expected = torch.zeros(6, 3, dtype=torch.float64)
    for sequence in range(3):
        for step in range(6):
            for later in range(step, 6):
                after = values_TB[later + 1, sequence] if later < 5 else 0.0
                error = cost_TB[later, sequence] + after - values_TB[later, sequence]
                expected[step, sequence] += decay ** (later - step) * error
    found = generalised(cost_TB, values_TB, decay)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)
    if decay == 1:
        less_value = returns(cost_TB, to_go=True) - values_TB
        torch.testing.assert_close(found, less_value, rtol=0, atol=1e-12)


@pytest.mark.parametrize("normalise", [False, True])
def test_an_actor_critic_has_the_values_of_its_average_and_of_its_unit(normalise):
    torch.manual_seed(0)
    advantage = Advantage("learned", normalise=normalise, gae_lambda=0.7, feature_size=2).double()
    costs = torch.rand(4, 5, 3, dtype=torch.float64) * 9
    for cost_TB in costs[:3]:
        advantage(cost_TB, torch.zeros(5, 3, 2, dtype=torch.float64))
    torch.nn.init.normal_(advantage.predict.weight)
    torch.nn.init.normal_(advantage.predict.bias)
    features_TBC = torch.randn(5, 3, 2, dtype=torch.float64)
    mean_T = advantage.mean_S[:5] / advantage.weight_S[:5]
    gathered = 1 - 0.9**3
    scale = max((advantage.variance / gathered).sqrt().item(), 1.0) if normalise else 1.0
    unit_TB = (features_TBC @ advantage.predict.weight[0] + advantage.predict.bias).detach()
    values_TB = unit_TB + mean_T.unsqueeze(1) / scale
    expected = generalised(costs[3] / scale, values_TB, 0.7)
    found, loss = advantage.eval()(costs[3], features_TBC)
    torch.testing.assert_close(found, expected)
    # what is predicted is the value plus the advantage, less the average
    huber = torch.where(expected.abs() <= 1, expected**2, 2 * expected.abs() - 1)
    torch.testing.assert_close(loss, huber.mean())


@pytest.mark.parametrize(
    ("baseline", "to_go"), [("moving_average", True), ("leave_one_out", True), ("learned", False)]
)
def test_an_actor_critic_needs_values_of_steps(baseline, to_go):
    with pytest.raises(ValueError, match="gae_lambda 0.5 needs values of steps: baseline"):
        Reinforce(baseline=baseline, return_to_go=to_go, gae_lambda=0.5, rollouts=2)
    with pytest.raises(ValueError, match="gae_lambda must be at least 0 and at most 1"):
        Reinforce(gae_lambda=1.5)


@pytest.mark.parametrize("gae_lambda", [1.0, 0.5])
@pytest.mark.parametrize("baseline", ["learned", "sequence"])
def test_averages_in_float64_take_costs_in_float32(baseline, gae_lambda):
    torch.manual_seed(0)
    sizes = {"feature_size": 3, "external_size": 2}
    advantage = Advantage(baseline, gae_lambda=gae_lambda, **sizes)
    cost_TB, features_TBC, inputs_TBX = torch.rand(5, 4), torch.rand(5, 4, 3), torch.rand(5, 4, 2)
    expected, loss = advantage(cost_TB, features_TBC, inputs_TBX)
    doubled = copy.deepcopy(advantage).double()
    doubled.updates.zero_()
    for average in (doubled.mean_S, doubled.weight_S, doubled.variance):
        average.zero_()
    found, other = doubled(cost_TB, features_TBC.double(), inputs_TBX.double())
    torch.testing.assert_close(found.float(), expected, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(other.float(), loss, rtol=1e-5, atol=1e-6)
