import pytest
import torch
from torch.utils import _pytree as pytree

from memnets.registry import cells
from memnets.sb3.core import MemoryCore
from memnets.spec import ModelSpec

INPUTS, OUTPUTS = 3, 2


def core(cell, **options):
    torch.manual_seed(0)
    sizes = {} if cell == "none" else {"slots": 5, "width": 3}
    return MemoryCore(ModelSpec(cell, controller_size=6, cell_options=sizes | options), 3, 2)


def zeros(of, rows):
    return torch.zeros(1, rows, of.hidden_size), torch.zeros(1, rows, of.hidden_size)


@pytest.mark.parametrize("cell", list(cells))
def test_a_state_comes_back_and_zeros_are_the_first_state(cell):
    memory = core(cell).eval()
    network = memory.network
    state = network(torch.randn(3, 4, INPUTS)).state
    first = network.initial_state(4)
    back = memory.packing.unpack(memory.packing.pack(state), first)
    torch.testing.assert_close(back, state, rtol=0, atol=0)
    begun = memory.packing.unpack(zeros(memory, 4), first)
    torch.testing.assert_close(begun, first, rtol=0, atol=0)
    assert pytree.tree_structure(back) == pytree.tree_structure(state)


@pytest.mark.parametrize("cell", list(cells))
def test_in_two_pieces_it_is_as_in_one_and_rows_are_independent(cell):
    memory = core(cell).eval()
    x_TBF = torch.randn(5, 3, INPUTS)
    whole, _ = memory(x_TBF, zeros(memory, 3))
    begin, packed = memory(x_TBF[:2], zeros(memory, 3))
    end, _ = memory(x_TBF[2:], packed)
    torch.testing.assert_close(torch.cat([begin, end]), whole, atol=1e-6, rtol=1e-5)
    alone, _ = memory(x_TBF[:, 1:2], zeros(memory, 1))
    torch.testing.assert_close(alone, whole[:, 1:2], atol=1e-5, rtol=1e-4)


def test_a_row_that_an_algorithm_multiplied_by_zero_begins_anew():
    memory = core("dnc")
    _, (h, c) = memory(torch.randn(4, 2, INPUTS), zeros(memory, 2))
    keep = torch.tensor([1.0, 0.0]).view(1, 2, 1)
    x_TBF = torch.randn(1, 2, INPUTS)
    found, _ = memory(x_TBF, (keep * h, keep * c))
    fresh, _ = memory(x_TBF, zeros(memory, 2))
    going, _ = memory(x_TBF, (h, c))
    torch.testing.assert_close(found[:, 0], going[:, 0])
    torch.testing.assert_close(found[:, 1], fresh[:, 1])


def test_a_learned_first_memory_gets_a_gradient():
    memory = core("ntm", memory_start="learned")
    out, _ = memory(torch.randn(3, 2, INPUTS), zeros(memory, 2))
    out.square().sum().backward()
    assert memory.network.cell.memory_NW.grad.any()


def test_a_persistent_memory_is_refused_in_a_line():
    with pytest.raises(ValueError, match="take a cell without `persistent`"):
        core("sam", persistent=True)
