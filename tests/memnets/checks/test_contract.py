"""The shipped contract: everything registered passes it, and every planted fault is named by it."""

import pytest
import torch
from torch import nn

from memnets.cells.base import MemoryCell
from memnets.equations import memory
from memnets.estimators import Estimator
from memnets.registry import estimators
from memnets.testing import check_cell, check_estimator
from memnets.types import Address, join_heads


@pytest.mark.parametrize("cell", ["ntm", "dnc", "dntm"])
def test_several_heads_keep_the_contract(cell):
    sizes = {"slots": 5, "width": 3, "write_heads": 2, "read_heads": 2}
    for estimator in ("soft", "reinforce"):
        check_cell(cell, estimator, options=sizes)


def test_a_read_of_another_width_than_promised_does_not_pass():
    with pytest.raises((AssertionError, RuntimeError)):
        check_cell(ReadsTooNarrow, "soft")


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


class Tiny(MemoryCell):
    """A sound cell of seven slots, in which each fault below is planted."""

    heads = ("write", "read")

    def __init__(self, input_size, estimator, *, slots=7, width=4):
        super().__init__()
        self.estimator, self.slots, self.read_size = estimator, slots, width
        self.point = nn.Linear(input_size, slots)
        self.add = nn.Linear(input_size, width)

    def initial_state(self, batch_size):
        return self.add.weight.new_zeros(batch_size, self.slots, self.read_size)

    def forward(self, h_BC, state):
        # both heads point alike, so that what is written is read however hard the address
        weighting_BHN = self.point(h_BC).softmax(-1).unsqueeze(1)
        write, read = self.estimator(weighting_BHN), self.estimator(weighting_BHN)
        add_BHW = self.add(h_BC).unsqueeze(1)
        state = memory.write(state, write, torch.full_like(add_BHW, 0.5), add_BHW)
        return memory.read(state, read).flatten(1), state, join_heads(write, read)


class KeepsMemory(Tiny):
    kept = None

    def forward(self, h_BC, state):
        if self.kept is not None and self.kept.shape == state.shape:
            state = state + self.kept
        read_BO, state, address = super().forward(h_BC, state)
        self.kept = state
        return read_BO, state, address


class KeepsDetachedMemory(KeepsMemory):
    def forward(self, h_BC, state):
        read_BO, state, address = super().forward(h_BC, state)
        self.kept = state.detach()
        return read_BO, state, address


class WeighsTooMuch(Tiny):
    def forward(self, h_BC, state):
        read_BO, state, address = super().forward(h_BC, state)
        return read_BO, state, address._replace(weights_BHK=1.5 * address.weights_BHK)


class WeighsBelowZero(Tiny):
    def forward(self, h_BC, state):
        read_BO, state, address = super().forward(h_BC, state)
        return read_BO, state, address._replace(weights_BHK=address.weights_BHK - 0.5)


class MixesRows(Tiny):
    def forward(self, h_BC, state):
        return super().forward(h_BC - h_BC.mean(0), state)


class NamesReadsFirst(Tiny):
    heads = ("read", "write")


class NamesTooManyHeads(Tiny):
    heads = ("write", "read 1", "read 2")


class HasIdleParameter(Tiny):
    def __init__(self, input_size, estimator, *, slots=7, width=4):
        super().__init__(input_size, estimator, slots=slots, width=width)
        self.idle = nn.Parameter(torch.zeros(()))


class ExplodesOnLargeInputs(Tiny):
    def forward(self, h_BC, state):
        read_BO, state, address = super().forward(h_BC, state)
        saturated = h_BC.abs().amax(-1, keepdim=True) > 0.95
        return torch.where(saturated, torch.inf, read_BO), state, address


class ReadsTooNarrow(Tiny):
    def forward(self, h_BC, state):
        read_BO, state, address = super().forward(h_BC, state)
        return read_BO[:, :-1], state, address


def test_the_cell_without_a_fault_keeps_the_contract():
    check_cell(Tiny)


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (KeepsMemory, "something stays on the module"),
        (KeepsDetachedMemory, "something stays on the module"),
        (WeighsTooMuch, "the rollout: weights sum to more than one"),
        (WeighsBelowZero, "the rollout: a weight is below zero"),
        (MixesRows, "batch rows are not independent"),
        (NamesReadsFirst, "write heads must come before read heads"),
        (NamesTooManyHeads, "3 heads are named, 2 address"),
        (HasIdleParameter, "no gradient reaches cell.idle"),
        (ExplodesOnLargeInputs, "0000 do not give a finite loss"),
    ],
)
@pytest.mark.parametrize("estimator", ["soft", "straight_through"])
def test_the_contract_names_a_planted_fault(fault, sentence, estimator):
    with pytest.raises(AssertionError) as broken:
        check_cell(fault, estimator)
    assert sentence in str(broken.value)
    assert str(broken.value).startswith(f"{fault.__name__} with {estimator} and lstm: ")
    assert "\n" not in str(broken.value)


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
