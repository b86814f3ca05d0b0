"""Episodes packed end to end, on every backend that starts at once."""

from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils import _pytree as pytree

from memnets.registry import cells

from .building import small
from .variants import VARIANTS

INPUTS, STEPS = 4, 8
BEGINS = (0, 3, 4), (0, 5)
"""Steps at which episodes begin, of each row."""
MEMORIES = {name: (name, {}) for name in cells} | VARIANTS
PRECISE = {"atol": 1e-10, "rtol": 1e-10}


def packed(network, dtype):
    """Rows of episodes, and each episode by itself."""
    inputs_TBX = torch.randn(STEPS, len(BEGINS), INPUTS, dtype=dtype)
    starts_TB = torch.zeros(STEPS, len(BEGINS), dtype=torch.bool)
    alone = []
    for row, begins in enumerate(BEGINS):
        starts_TB[list(begins), row] = True
        parts = [inputs_TBX[begin:end, row : row + 1] for begin, end in pairwise((*begins, STEPS))]
        alone.append([network(part) for part in parts])
    return network(inputs_TBX, starts_TB=starts_TB), alone


def gradients(network, logits_TBY):
    """Of a sum in which every output has a weight of its own."""
    weights = torch.linspace(-1, 1, logits_TBY.numel(), dtype=logits_TBY.dtype)
    loss = (logits_TBY * weights.view_as(logits_TBY)).sum()
    learned = list(network.parameters())
    return torch.autograd.grad(loss, learned, allow_unused=True)


def the_batch_of_its_parts(network, dtype=torch.float64, own=PRECISE, of_gradients=PRECISE):
    """Outputs, addresses, last states and gradients of packed episodes are those of each alone."""
    found, alone = packed(network.to(dtype), dtype)

    def rows(of):
        return torch.cat([torch.cat([of(part) for part in parts]) for parts in alone], 1)

    logits_TBY = rows(lambda part: part.logits_TBY)
    torch.testing.assert_close(found.logits_TBY, logits_TBY, **own)
    lasts = [parts[-1].state for parts in alone]
    last = pytree.tree_map(lambda *x: None if x[0] is None else torch.cat(x), *lasts)
    torch.testing.assert_close(found.state, last, **own)
    slots = network.cell.slots
    each = rows(lambda part: part.address.dense(slots))
    torch.testing.assert_close(found.address.dense(slots), each, **own)
    ours, theirs = (gradients(network, logits) for logits in (found.logits_TBY, logits_TBY))
    torch.testing.assert_close(ours, theirs, **of_gradients)


@pytest.mark.parametrize("estimator", ["soft", "straight_through", "hardened"])
@pytest.mark.parametrize("memory", MEMORIES)
def test_packed_episodes_are_the_batch_of_their_parts(memory, estimator):
    cell, options = MEMORIES[memory]
    network = small(cell, estimator, cell_options=options, backend="reference")
    # by the mode in training as well, but for what is soft until it is tested
    the_batch_of_its_parts(network.train(estimator == "straight_through"))


@pytest.mark.parametrize(
    ("cell", "estimator"), [*((cell, "soft") for cell in cells), ("ntm", "straight_through")]
)
def test_packed_episodes_are_so_on_the_backend_that_starts_at_once(cell, estimator):
    network = small(cell, estimator, backend="auto").eval()
    bounds = {"atol": 1e-5, "rtol": 1e-4}, {"atol": 1e-4, "rtol": 1e-3}
    the_batch_of_its_parts(network, torch.float32, *bounds)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.booleans(), min_size=3, max_size=3), min_size=1, max_size=6))
def test_rows_begin_each_for_itself_and_go_on_from_the_state_that_is_given(starts):
    network = small("dnc", backend="reference").double().eval()
    starts_TB = torch.tensor(starts)
    inputs_TBX = torch.randn(*starts_TB.shape, INPUTS, dtype=torch.float64)
    before = network(torch.randn(2, 3, INPUTS, dtype=torch.float64)).state
    found = network(inputs_TBX, before, starts_TB)
    for row in range(3):
        state = pytree.tree_map(lambda x, row=row: x[row : row + 1], before)
        for step, x_BX in enumerate(inputs_TBX[:, row : row + 1]):
            if starts_TB[step, row]:
                state = network.initial_state(1)
            logits, state, _ = network.step(x_BX, state)
            torch.testing.assert_close(found.logits_TBY[step, row], logits[0])


def test_a_learned_first_memory_learns_from_every_episode():
    network = small("ntm", cell_options={"memory_start": "learned"}, backend="reference")
    inputs_TBX = torch.randn(6, 2, INPUTS)
    starts_TB = torch.zeros(6, 2, dtype=torch.bool)
    starts_TB[3] = True
    state = network(torch.randn(2, 2, INPUTS)).state
    detached = pytree.tree_map(torch.Tensor.detach, state)
    network(inputs_TBX, detached, starts_TB).logits_TBY.square().sum().backward()
    assert network.cell.memory_NW.grad.any()


@pytest.mark.parametrize(
    ("starts", "why"),
    [
        (torch.zeros(3, 2), "starts are a tensor of booleans"),
        (torch.zeros(2, 3, dtype=torch.bool), r"starts of the shape \(2, 3\) do not go with"),
    ],
)
def test_other_starts_are_refused_in_a_line(starts, why):
    with pytest.raises(ValueError, match=why):
        small()(torch.randn(3, 2, INPUTS), starts_TB=starts)


def test_a_persistent_memory_takes_no_start_within_a_sequence():
    network = small("sam", cell_options={"persistent": True}, backend="reference")
    starts_TB = torch.tensor([[False], [True]])
    with pytest.raises(ValueError, match="give each episode as a sequence of its own"):
        network(torch.randn(2, 1, INPUTS), starts_TB=starts_TB)
