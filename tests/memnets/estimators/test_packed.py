"""Losses of sequences packed end to end: those of their episodes, summed."""

import copy

import pytest
import torch
from torch.utils import _pytree as pytree

from memnets.estimators import Estimator, Reinforce, Soft
from memnets.estimators.packed import Parts
from memnets.options import accepted
from memnets.registry import estimators
from memnets.types import Address

T, C, X, HEADS, SLOTS = 8, 3, 2, 2, 4
STARTS = {3: (0, 3, 4), 1: (0, 5)}
"""Steps at which episodes begin; rows 1 and 0 of every pair of sequences."""
PRICE = {"weight": 0.3, "learned": 10.0, "warm": 1}
LOSSES = [(name, {}) for name in estimators]
LOSSES += [("soft", {"price": PRICE}), ("hardened", PRICE)]
LOSSES += [("annealed", {"first": "reinforce"}), ("annealed", {"schedule": "learned"})]
LOSSES += [
    ("reinforce", {"baseline": baseline, **more})
    for baseline in ("none", "moving_average", "per_step", "learned", "sequence")
    for more in ({}, {"return_to_go": False})
]
LOSSES += [
    ("reinforce", {"baseline": baseline, "gae_lambda": 0.7, "rollouts": rollouts})
    for baseline, rollouts in (("learned", 1), ("sequence", 2))
]


def built(name, options):
    torch.manual_seed(0)
    make = estimators.get(name)
    sizes = accepted(make, feature_size=C, external_size=X)
    estimator = make(**sizes, **options).double()
    for parameter in estimator.parameters():
        torch.nn.init.normal_(parameter)
    return estimator


def rollout(estimator, steps, rows):
    """What `surrogate` takes of a rollout, with log-probabilities that have a gradient."""
    log_prob_TBH, entropy_TBH = torch.rand(2, steps, rows, HEADS, dtype=torch.float64) - 1
    weights_TBHN = torch.rand(steps, rows, HEADS, SLOTS, dtype=torch.float64)
    slots_TBHN = torch.arange(SLOTS).expand_as(weights_TBHN)
    address = Address(weights_TBHN, slots_TBHN, log_prob_TBH.requires_grad_(), entropy_TBH)
    cost_TB = torch.rand(steps, rows, dtype=torch.float64)
    shapes = (steps, rows, C), (steps, rows, X)
    return address, cost_TB, *(torch.randn(shape, dtype=torch.float64) for shape in shapes)


def starts_of(*rows, rollouts):
    """Starts (T, B) at these steps of each row, each row repeated once per rollout."""
    starts_TB = torch.zeros(T, len(rows), dtype=torch.bool)
    for row, steps in enumerate(rows):
        starts_TB[list(steps), row] = True
    return starts_TB.repeat_interleave(rollouts, 1)


def cut(seen, begin, end, rows=slice(None)):
    return pytree.tree_map(lambda x: x[begin:end, rows], seen)


def experienced(estimator):
    """With statistics of three minibatches, which do not move any more."""
    for _ in range(3):
        estimator.surrogate(*rollout(estimator, T, 2 * estimator.rollouts))
        estimator.advance()
    return estimator.eval()


@pytest.mark.parametrize(("name", "options"), LOSSES)
def test_a_packed_sequence_costs_what_its_episodes_cost_one_by_one(name, options):
    estimator = experienced(built(name, options))
    R = estimator.rollouts
    seen = rollout(estimator, T, 2 * R)
    # an episode of an earlier sequence goes on in the first row
    starts_TB = starts_of((3, 4), (0, 5), rollouts=R)
    losses = []
    for pair, cuts in enumerate(((0, 3, 4, T), (0, 5, T))):
        rows = slice(pair * R, (pair + 1) * R)
        for begin, end in zip(cuts, cuts[1:], strict=False):
            losses.append(R * estimator.surrogate(*cut(seen, begin, end, rows)))
    packed = 2 * R * estimator.surrogate(*seen, starts_TB)
    torch.testing.assert_close(packed, sum(losses), rtol=0, atol=1e-10)
    learned = [seen[0].log_prob_BH, *estimator.parameters()]
    ours, theirs = (
        # zeros, since a loss may have no gradient
        torch.autograd.grad(
            loss + 0 * learned[0].sum(), learned, allow_unused=True, materialize_grads=True
        )
        for loss in (packed, sum(losses))
    )
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-10)


@pytest.mark.parametrize(("name", "options"), LOSSES)
def test_in_training_packed_episodes_of_a_length_are_a_batch_of_them(name, options):
    packed_one, batched = (built(name, options) for _ in range(2))
    R = packed_one.rollouts
    for _ in range(3):
        seen = rollout(packed_one, T, R)
        halves = [cut(seen, begin, begin + T // 2) for begin in (0, T // 2)]
        whole = pytree.tree_map(lambda *x: torch.cat(x, 1), *halves)
        found = packed_one.surrogate(*seen, starts_of((0, T // 2), rollouts=R))
        torch.testing.assert_close(found, 2 * batched.surrogate(*whole), rtol=0, atol=1e-10)
        for one in (packed_one, batched):
            torch.manual_seed(1)
            one.advance()
        theirs = copy.deepcopy(batched.state_dict())
        torch.testing.assert_close(packed_one.state_dict(), theirs, rtol=0, atol=1e-10)


def test_the_surrogate_of_packed_episodes_is_that_of_a_loop():
    estimator = built("reinforce", {"baseline": "none", "normalise": False, "entropy_weight": 0.0})
    seen = rollout(estimator, T, 2)
    begins = ((3, 4), (0, 5))
    expected = 0.0
    for row, own in enumerate(begins):
        for step in range(T):
            end = min((begin for begin in own if begin > step), default=T)
            to_go = sum(seen[1][later, row] for later in range(step, end))
            expected += seen[0].log_prob_BH[step, row].sum() * to_go / 2
    found = estimator.surrogate(*seen, starts_of(*begins, rollouts=1))
    assert found != estimator.surrogate(*seen)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize("baseline", ["moving_average", "per_step"])
def test_averages_see_no_step_after_the_end_of_an_episode(baseline):
    estimator = built("reinforce", {"baseline": baseline})
    cost_TB = torch.tensor([[1.0], [2.0], [4.0], [8.0]], dtype=torch.float64)
    address, _, *seen = rollout(estimator, 4, 1)
    starts_TB = torch.tensor([[True], [True], [False], [False]])
    estimator.surrogate(address, cost_TB, *seen, starts_TB)
    advantage = estimator.advantage
    kept = advantage.weight_S > 0
    means = advantage.mean_S[kept] / advantage.weight_S[kept]
    # returns to go: 1 of the first episode, 14, 12, 8 of the second
    expected = {"moving_average": [35 / 4], "per_step": [15 / 2, 12.0, 8.0]}[baseline]
    assert means.tolist() == pytest.approx(expected, abs=1e-10)
    variance = torch.tensor([1.0, 14.0, 12.0, 8.0]).var(correction=0)
    assert advantage.variance.item() == pytest.approx(0.1 * variance.item(), rel=1e-6)


def test_an_estimator_of_another_package_sees_zeros_after_the_end_and_may_ask_for_lengths():
    class Plain(Estimator):
        in_training = at_test = "soft"

        def forward(self, weighting_BHN):
            return Soft()(weighting_BHN)

        def loss(self, address, cost_TB, features_TBC=None):
            assert address.weights_BHK.shape == (*cost_TB.shape, HEADS, SLOTS)
            return cost_TB.square().sum(0).mean()

    class Asking(Plain):
        def loss(self, address, cost_TB, features_TBC=None, lengths_B=None):
            return (cost_TB.sum(0) / lengths_B).mean()

    seen, starts_TB = rollout(None, T, 1), starts_of((0, 3), rollouts=1)
    torch.testing.assert_close(Plain().surrogate(*seen, starts_TB), seen[1].square().sum())
    means = seen[1][:3].mean() + seen[1][3:].mean()
    torch.testing.assert_close(Asking().surrogate(*seen, starts_TB), means)


def test_rollouts_that_begin_apart_are_refused_in_a_line():
    starts_TB = starts_of((0, 3), (0, 4), rollouts=1)
    with pytest.raises(ValueError, match="2 rollouts of a sequence begin at different steps"):
        Parts.of(starts_TB, 2)
    with pytest.raises(ValueError, match="not 3 rollouts of each sequence"):
        Parts.of(starts_TB, 3)
    with pytest.raises(ValueError, match="starts are a tensor of booleans"):
        Reinforce(C).surrogate(*rollout(None, T, 2), starts_TB.float())
