"""The contract of estimators: it holds, and it names planted faults."""

import pytest
import torch
from torch import nn

from memnets.estimators import Estimator
from memnets.registry import estimators
from memnets.testing import check_estimator
from memnets.types import Address


@pytest.mark.parametrize("name", list(estimators))
def test_every_estimator_keeps_the_contract(name):
    check_estimator(estimators.get(name)())


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("gumbel", {"straight_through": False}),
        ("reinforce", {"baseline": "none", "return_to_go": False, "normalise": False}),
        ("annealed", {"then": "straight_through"}),
        ("annealed", {"first": "gumbel", "rate": 1.0}),
    ],
)
def test_estimators_keep_the_contract_with_other_options(name, options):
    check_estimator(estimators.get(name)(**options))


class Sound(Estimator):
    """The mode, always; the faults below are planted in it."""

    in_training = at_test = "one slot"

    def forward(self, weighting_BHN):
        return self.choose(weighting_BHN, self.choice(weighting_BHN))

    def choice(self, weighting_BHN):
        rest = 1 - weighting_BHN.sum(-1, keepdim=True)
        return torch.cat([weighting_BHN, rest], -1).argmax(-1)

    def choose(self, weighting_BHN, choice_BH):
        slots = weighting_BHN.shape[-1]
        weights_BHN = nn.functional.one_hot(choice_BH, slots + 1)[..., :-1].to(weighting_BHN)
        return Address(weights_BHN, None, torch.zeros(choice_BH.shape), torch.ones(choice_BH.shape))


class TakesTheLeast(Sound):
    def choice(self, weighting_BHN):
        return weighting_BHN.argmin(-1)


class IgnoresTheNoOp(Sound):
    def choice(self, weighting_BHN):
        return weighting_BHN.argmax(-1)


class SamplesInEval(Sound):
    def choice(self, weighting_BHN):
        return torch.randint(weighting_BHN.shape[-1], weighting_BHN.shape[:-1])


class StaysSoft(Sound):
    def choose(self, weighting_BHN, choice_BH):
        return super().choose(weighting_BHN, choice_BH)._replace(weights_BHK=weighting_BHN)


class ExceedsOne(Sound):
    def choose(self, weighting_BHN, choice_BH):
        return super().choose(weighting_BHN, choice_BH)._replace(weights_BHK=weighting_BHN + 1)


class LikelierThanCertain(Sound):
    def choose(self, weighting_BHN, choice_BH):
        sure = torch.ones(choice_BH.shape)
        return super().choose(weighting_BHN, choice_BH)._replace(log_prob_BH=sure)


class WrongSpan(Sound):
    def choose(self, weighting_BHN, choice_BH):
        made = super().choose(weighting_BHN, choice_BH)
        return made._replace(weights_BHK=made.weights_BHK[..., :-1])


class DrawsUnsaid(Sound):
    draws = False

    def forward(self, weighting_BHN):
        torch.rand(())
        return super().forward(weighting_BHN)


class DrawsOtherNumbersAhead(Sound):
    def draw(self, like_BHN):
        return torch.rand(len(like_BHN), 1, 1)

    def forward(self, weighting_BHN, drawn_BHU=None):
        return super().forward(weighting_BHN)


class LeavesWhatIsDrawnAhead(DrawsOtherNumbersAhead):
    def forward(self, weighting_BHN, drawn_BHU=None):
        own_B11 = self.draw(weighting_BHN) if drawn_BHU is None else torch.zeros(1)
        least_BHN = 1 - 2 * weighting_BHN * (own_B11 > 0)
        return super().forward(least_BHN if self.training else weighting_BHN)


def test_the_estimator_without_a_fault_keeps_the_contract():
    check_estimator(Sound())


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (TakesTheLeast, "eval() does not take the mode"),
        (IgnoresTheNoOp, "eval() does not take the mode"),
        (SamplesInEval, "eval() is not deterministic"),
        (DrawsUnsaid, "it draws random numbers, and `draws` is False"),
        (DrawsOtherNumbersAhead, "`draw` draws other numbers than `forward`"),
        (LeavesWhatIsDrawnAhead, "with the numbers of `draw` it makes another address"),
        (StaysSoft, "eval() is not discrete"),
        (ExceedsOne, "training=True: weights sum to more than one"),
        (LikelierThanCertain, "training=True: a log-probability is above zero"),
        (WrongSpan, "training=True: an address does not span the slots"),
    ],
)
def test_the_contract_names_a_fault_planted_in_an_estimator(fault, sentence):
    with pytest.raises(AssertionError) as broken:
        check_estimator(fault())
    assert str(broken.value) == sentence
