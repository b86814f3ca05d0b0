"""Soft until learned, then a growing share of choices with one slot; minibatches in `annealed`."""

import pytest
import torch

from memnets.estimators import Annealed, Gate, Hardened, Share, Soft, StraightThrough
from memnets.types import Address

WEIGHTING = torch.tensor([[[0.5, 0.3, 0.2], [0.1, 0.2, 0.7]]], dtype=torch.float64)


def cost_of(total: float) -> torch.Tensor:
    return torch.full((4, 3), total / 4)


def rollout(estimator, weighting_BHN=WEIGHTING) -> Address:
    """The address of one step, stacked over time."""
    return Address._make(
        None if part is None else part.unsqueeze(0) for part in estimator(weighting_BHN)
    )


def learned(estimator, *totals: float) -> None:
    """Lets an estimator see a minibatch of each of these costs."""
    for total in totals:
        estimator.loss(rollout(estimator), cost_of(total))


def test_a_share_rises_once_mastered_stays_while_learned_and_falls_when_lost():
    gate = Gate(learned=0.5, decay=0.0, warm=1)
    share, expected = Share(growth=0.2, most=0.5, mastered=0.25), 0.0
    for total in (8.0, 3.0, 1.0, 1.0, 3.0, 0.0, 0.0, 0.0, 2.0, 6.0):
        gate.see(cost_of(total))
        share.move(gate)
        step = max(0.0, 1 - total / 2) if total < 4 else -1
        expected = min(0.5, max(0.0, expected + 0.2 * step))
        assert share.value.item() == pytest.approx(expected, abs=1e-6), total
    assert expected == pytest.approx(0.3)


def test_hardened_is_soft_in_training_and_the_mode_at_test():
    estimator = Hardened()
    assert (estimator.in_training, estimator.at_test) == ("soft", "one slot")
    assert torch.equal(estimator(WEIGHTING).weights_BHK, WEIGHTING)
    assert torch.equal(
        estimator.eval()(WEIGHTING).weights_BHK, StraightThrough()(WEIGHTING).weights_BHK
    )


def test_hardened_charges_its_price_by_the_formula():
    estimator = Hardened(weight=0.3, learned=0.5, decay=0.0, warm=1)
    learned(estimator, 10.0)
    entropy = -(WEIGHTING * WEIGHTING.log()).sum()
    loss = estimator.loss(rollout(estimator), cost_of(1.0))
    assert loss.item() == pytest.approx(0.3 * (1 - 1 / 5) * entropy.item(), rel=1e-6)


def test_a_growing_share_of_the_choices_is_made_with_one_slot():
    torch.manual_seed(0)
    estimator = Hardened(growth=0.25, learned=0.5, decay=0.0, warm=1)
    assert estimator.in_training == "soft, then one slot"
    weighting_BHN = WEIGHTING.expand(4000, 2, 3).clone().requires_grad_()
    shares = []
    for total in (10.0, 0.0, 0.0, 0.0, 0.0):
        learned(estimator, total)
        assert estimator.one_slot_share == pytest.approx(0.25 * len(shares))
        weights_BHN = estimator(weighting_BHN).weights_BHK
        shares.append((weights_BHN == 1).any(-1).double().mean().item())
        soft = (weights_BHN == weighting_BHN).all(-1)
        assert bool(
            (soft | (weights_BHN == StraightThrough()(weighting_BHN).weights_BHK).all(-1)).all()
        )
    assert shares == pytest.approx([0, 0.25, 0.5, 0.75, 1], abs=0.03)
    # the gradient is that of the weighting
    (grad,) = torch.autograd.grad((weights_BHN * torch.arange(3)).sum(), weighting_BHN)
    assert torch.equal(grad, torch.arange(3.0).double().expand_as(grad))


def test_the_share_stops_at_the_most_that_is_asked_for():
    estimator = Hardened(growth=0.4, most=0.5, learned=0.5, decay=0.0, warm=1)
    shares = []
    for total in (10.0, 0.0, 0.0, 0.0):
        learned(estimator, total)
        shares.append(estimator.one_slot_share)
    assert shares == pytest.approx([0, 0.4, 0.5, 0.5])


def test_a_network_that_loses_what_it_learned_becomes_soft_again():
    estimator = Hardened(growth=0.25, learned=0.5, decay=0.0, warm=1)
    learned(estimator, 10.0, 0.0, 0.0, 9.0)
    assert estimator.share.value == 0.25
    learned(estimator, 9.0)
    assert estimator.share.value == 0


def test_annealed_by_phases_is_linear_between_its_ends():
    estimator = Annealed(then="straight_through", schedule="phases", start=2, ramp=4, most=0.8)
    chances = []
    for _ in range(9):
        chances.append(estimator.probability)
        assert estimator.one_slot_share == pytest.approx(1 - chances[-1])
        estimator.advance()
    assert chances == pytest.approx([1, 1, 1, 0.8, 0.6, 0.4, 0.2, 0.2, 0.2])
    assert estimator.in_training == "soft, then one slot"


def test_annealed_by_performance_follows_its_gate():
    options = {"growth": 0.25, "learned": 0.5, "decay": 0.0, "warm": 1, "most": 0.75}
    estimator = Annealed(then="straight_through", schedule="learned", **options)
    assert estimator.has_loss
    chances = []
    for total in (10.0, 9.0, 0.0, 0.0, 0.0, 0.0, 9.0):
        estimator.loss(rollout(Soft()), cost_of(total))
        chances.append(estimator.probability)
    assert chances == pytest.approx([1, 1, 0.75, 0.5, 0.25, 0.25, 0.5])


def test_at_test_nothing_moves():
    estimator = Hardened(growth=0.25, learned=0.5, decay=0.0, warm=1)
    learned(estimator, 10.0, 0.0)
    before = {name: value.clone() for name, value in estimator.state_dict().items()}
    learned(estimator.eval(), 0.0, 0.0)
    assert all(torch.equal(before[name], value) for name, value in estimator.state_dict().items())


@pytest.mark.parametrize(
    ("make", "options", "said"),
    [
        (Hardened, {"growth": -1.0}, "growth"),
        (Hardened, {"most": 0.0}, "most must be above 0 and at most 1"),
        (Annealed, {"schedule": "never"}, "schedule 'never' is not one of"),
        (Annealed, {"most": 1.5}, "most"),
        (Annealed, {"ramp": 0}, "ramp"),
        (StraightThrough, {"choice": "best"}, "choice 'best' is not one of mode, sample"),
    ],
)
def test_wrong_options_are_refused(make, options, said):
    with pytest.raises(ValueError, match=said):
        make(**options)
