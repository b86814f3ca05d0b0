"""What each estimator does with a weighting, its schedules, and the numbers behind REINFORCE."""

import math

import pytest
import torch

from memnets.estimators import (
    ONE_SLOT,
    Annealed,
    Reinforce,
    Soft,
    StraightThrough,
    chosen,
    entropy,
)
from memnets.estimators.choices import TIE, with_no_op
from memnets.options import accepted
from memnets.registry import estimators
from memnets.spec import ModelSpec

from .weightings import MODE, WEIGHTING, address


@pytest.mark.parametrize(
    "name", [name for name in estimators if estimators.get(name)().at_test == ONE_SLOT]
)
def test_a_discrete_estimator_takes_the_mode_in_eval_the_first_of_a_tie_and_the_no_op(name):
    estimator = estimators.get(name)().eval()
    assert torch.equal(estimator(WEIGHTING).dense(3), MODE)


@pytest.mark.parametrize(
    "name", [name for name in estimators if estimators.get(name)().at_test == ONE_SLOT]
)
def test_rounding_does_not_choose_between_slots_that_tie(name):
    estimator = estimators.get(name)().eval()
    alike = torch.tensor([[[0.3, 0.3 * (1 + TIE / 2), 0.2], [0.3, 0.3 * (1 + 2 * TIE), 0.2]]])
    assert torch.equal(estimator(alike).dense(3).argmax(-1), torch.tensor([[0, 1]]))
    with_the_no_op = torch.tensor([[[0.0, 0.5 * (1 - TIE / 4)], [0.0, 0.5 * (1 - 2 * TIE)]]])
    chosen_BHN = estimator(with_the_no_op).dense(2)
    assert torch.equal(chosen_BHN, torch.tensor([[[0.0, 1.0], [0.0, 0.0]]]))


def test_the_soft_address_is_the_weighting_itself():
    assert Soft()(WEIGHTING).weights_BHK is WEIGHTING


@pytest.mark.parametrize("name", list(estimators))
def test_only_a_sampling_estimator_needs_a_surrogate(name):
    make = estimators.get(name)
    estimator = make(**accepted(make, feature_size=2))
    rows = 3 * estimator.rollouts
    cost_TB, features = torch.rand(4, rows), torch.rand(4, rows, 2)
    weighting = torch.rand(rows, 2, 5).softmax(-1)
    steps = [estimator(weighting) for _ in range(4)]
    log_prob = torch.stack([step.log_prob_BH for step in steps])
    loss = estimator.loss(address(log_prob, torch.zeros_like(log_prob)), cost_TB, features)
    assert loss.shape == ()
    assert (loss != 0) == (log_prob != 0).any()


WITH_LOSS = ("reinforce", "leave_one_out", "annealed", "hardened")


@pytest.mark.parametrize("name", list(estimators))
def test_an_estimator_says_whether_its_loss_ever_adds_anything(name):
    assert estimators.get(name)().has_loss == (name in WITH_LOSS)


def test_an_annealed_pair_has_a_loss_where_either_of_the_two_has_one():
    assert not Annealed(first="soft", then="gumbel").has_loss
    assert Annealed(first="reinforce", then="soft").has_loss


def test_the_estimator_in_force_is_itself_or_the_innermost_that_it_holds():
    soft = Soft()
    assert soft.in_force() is soft
    inner = {"first": "soft", "then": "gumbel"}
    outer = Annealed(first="annealed", first_options=inner, then="straight_through")
    assert outer.train().in_force() is outer.first.first
    outer.use_first.fill_(False)
    assert outer.in_force() is outer.then
    outer.use_first.fill_(True)
    assert outer.eval().in_force() is outer.then


@pytest.mark.parametrize("nested", [False, True])
def test_a_learned_baseline_is_built_with_the_width_of_the_features(nested):
    options = {"then_options": {"baseline": "learned"}} if nested else {"baseline": "learned"}
    spec = ModelSpec("none", "annealed" if nested else "reinforce", "graves2013", 4, {}, options)
    estimator = spec.build(3, 2).estimator
    learned = estimator.then if nested else estimator
    assert learned.advantage.predict.weight.tolist() == [[0.0] * 12]
    assert learned.advantage.predict.bias.tolist() == [0.0]


def test_entropy_counts_the_no_op_in_nats():
    fair = torch.tensor([[[0.25, 0.25, 0.25], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]])
    expected = torch.tensor([[math.log(4), 0.0, 0.0]])
    torch.testing.assert_close(entropy(fair), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", [name for name in estimators if name not in ("soft", "top_k")])
def test_rounding_is_no_no_op_and_has_no_gradient(name):
    torch.manual_seed(1)
    logits = torch.randn(6, 2, 40, requires_grad=True)
    weighting = logits.softmax(-1)
    assert (weighting.sum(-1) != 1).any()
    assert (with_no_op(weighting)[..., -1] == 0).all()
    found = []
    for dtype in (torch.float32, torch.float64):
        torch.manual_seed(2)
        # what is not in the weighting itself, of which a softmax would take away what all share
        given = weighting.detach().to(dtype).requires_grad_()
        used = estimators.get(name)()(given)
        total = used.entropy_BH.sum() + used.log_prob_BH.sum()
        total = total + (used.dense(40) * torch.linspace(0, 1, 40)).sum()
        found.append(torch.autograd.grad(total, given)[0].double())
    torch.testing.assert_close(*found, rtol=1e-4, atol=1e-5)


def test_a_chosen_slot_has_its_probability_and_the_no_op_the_missing_mass():
    where = chosen(WEIGHTING, torch.tensor([[1, 3, 0, 3]]))
    expected = torch.tensor([[0.4, 0.7, 0.5, 1.0]])
    torch.testing.assert_close(where.log_prob_BH.exp(), expected)
    assert where.weights_BHK.flatten().tolist() == [1.0, 0.0, 1.0, 0.0]
    assert where.slots_BHK is not None


def test_straight_through_is_exactly_one_hot_forward_and_the_weighting_backward():
    weighting = (0.99 * torch.rand(64, 2, 7).softmax(-1)).requires_grad_()
    weights = StraightThrough()(weighting).weights_BHK
    assert ((weights == 0) | (weights == 1)).all()
    assert (weights.sum(-1) == 1).all()
    sent = torch.randn_like(weights)
    (weights * sent).sum().backward()
    assert torch.equal(weighting.grad, sent)


@pytest.mark.parametrize("name", ["reinforce", "gumbel"])
def test_training_samples_each_slot_and_the_no_op_at_its_probability(name):
    draws = 20_000
    weighting = WEIGHTING[:, :3].expand(draws, -1, -1)
    with torch.no_grad():
        weights = estimators.get(name)().train()(weighting).dense(3)
    shares = torch.cat([weights, 1 - weights.sum(-1, keepdim=True)], -1).mean(0)
    expected = torch.cat([WEIGHTING[0, :3], 1 - WEIGHTING[0, :3].sum(-1, keepdim=True)], -1)
    deviation = (expected * (1 - expected) / draws).sqrt()
    assert ((shares - expected).abs() <= 4.5 * deviation + 1e-6).all()


def test_top_k_keeps_the_largest_weights_and_drops_or_rescales_the_rest():
    plain, scaled = (estimators.get("top_k")(k=2, renormalise=on) for on in (False, True))
    first = WEIGHTING[:, :1]
    torch.testing.assert_close(plain(first).dense(3), torch.tensor([[[0.0, 0.4, 0.2]]]))
    expected = torch.tensor([[[0.0, 0.4, 0.2]]]) * 0.7 / 0.6
    torch.testing.assert_close(scaled(first).dense(3), expected)
    assert plain(first).slots_BHK.shape == (1, 1, 2)


def test_the_surrogate_weighs_log_probabilities_and_rewards_entropy():
    estimator = Reinforce(baseline="none", normalise=False, entropy_weight=0.5, weight=2.0)
    log_prob = torch.tensor([[[-1.0, -2.0]], [[-3.0, -4.0]]])
    entropies = torch.tensor([[[0.1, 0.2]], [[0.3, 0.4]]])
    loss = estimator.loss(address(log_prob, entropies), torch.tensor([[5.0], [7.0]]))
    assert loss.item() == pytest.approx(2 * (-3 * 12 - 7 * 7) - 0.5 * 1.0)


def test_a_learned_baseline_without_features_says_what_to_do():
    with pytest.raises(ValueError, match="build the estimator with their width, feature_size"):
        Reinforce().loss(address(torch.zeros(2, 3, 1)), torch.rand(2, 3))
