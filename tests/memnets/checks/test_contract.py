"""The shipped contract of cells: it holds, and every planted fault is named by it."""

import pytest
import torch
from torch import nn

from memnets.cells.base import MemoryCell
from memnets.equations import memory
from memnets.testing import check_cell
from memnets.types import join_heads


@pytest.mark.parametrize("cell", ["ntm", "dnc", "dntm"])
def test_several_heads_keep_the_contract(cell):
    sizes = {"slots": 5, "width": 3, "write_heads": 2, "read_heads": 2}
    for estimator in ("soft", "reinforce"):
        check_cell(cell, estimator, options=sizes)


def test_a_read_of_another_width_than_promised_does_not_pass():
    with pytest.raises((AssertionError, RuntimeError)):
        check_cell(ReadsTooNarrow, "soft")


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
