"""Schedules of estimators: temperatures that fall, pairs that change over, and their state."""

import math

import pytest
import torch

from memnets.estimators import Annealed, Gumbel, NoisyTopK, Reinforce

from .weightings import WEIGHTING, address


def test_a_relaxed_gumbel_address_is_spread_out_and_hardens_as_it_cools():
    weighting = torch.full((500, 1, 4), 0.2)
    warm = Gumbel(straight_through=False, temperature=1.0).train()(weighting).weights_BHK
    cold = Gumbel(straight_through=False, temperature=0.01).train()(weighting).weights_BHK
    assert ((warm > 0) & (warm < 1)).all()
    assert (warm.sum(-1) < 1).all()
    near_one_hot = torch.minimum(cold, 1 - cold).amax(-1) < 0.05
    assert near_one_hot.float().mean() > 0.9


def test_gumbels_temperature_falls_geometrically_and_then_stays():
    estimator = Gumbel(temperature=2.0, final_temperature=0.5, anneal_updates=4)
    seen = []
    for _ in range(7):
        seen.append(estimator.temperature)
        estimator.advance()
    ratio = 0.25**0.25
    expected = [2.0 * ratio ** min(update, 4) for update in range(7)]
    assert seen == pytest.approx(expected)


def test_annealing_uses_the_first_estimator_with_one_over_the_root_of_one_plus_kt():
    estimator = Annealed(3, rate=1.0).train()
    assert estimator.probability == 1.0
    assert bool(estimator.use_first)
    used, draws = 0, 4000
    for _ in range(draws):
        estimator.updates.fill_(3)
        estimator.advance()
        used += bool(estimator.use_first)
    assert estimator.probability == pytest.approx(1 / math.sqrt(5))
    expected = draws / math.sqrt(5)
    assert abs(used - expected) < 4.5 * math.sqrt(expected * (1 - 1 / math.sqrt(5)))


def test_one_draw_of_the_annealed_estimator_holds_for_a_whole_minibatch():
    estimator = Annealed(3, rate=1.0).train()
    kinds = set()
    for _ in range(60):
        estimator.advance()
        sparse = {estimator(WEIGHTING).slots_BHK is not None for _ in range(20)}
        assert len(sparse) == 1
        kinds |= sparse
    assert kinds == {True, False}
    assert estimator.eval()(WEIGHTING).slots_BHK is not None


def test_schedules_and_averages_survive_a_state_dict():
    for make in (
        lambda: Gumbel(anneal_updates=10),
        lambda: NoisyTopK(anneal=10),
        lambda: Annealed(then="gumbel", rate=0.5),
        lambda: Reinforce(baseline="moving_average"),
        lambda: Annealed(2),
    ):
        first, second = make(), make()
        for _ in range(5):
            first.loss(address(torch.zeros(2, 3, 1)), torch.rand(2, 3), torch.rand(2, 3, 2))
            first.advance()
        assert any(
            not torch.equal(a, b)
            for a, b in zip(first.state_dict().values(), second.state_dict().values(), strict=True)
        )
        second.load_state_dict(first.state_dict())
        for name in ("temperature", "probability"):
            assert getattr(first, name, None) == getattr(second, name, None)
        for ours, theirs in zip(first.buffers(), second.buffers(), strict=True):
            assert torch.equal(ours, theirs)
