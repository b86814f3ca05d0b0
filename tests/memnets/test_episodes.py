"""Episodes packed end to end, on every backend that starts at once."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from memnets.registry import cells

from .building import small

INPUTS, LENGTHS = 4, (3, 1, 4)


def gradients(network, logits):
    network.zero_grad(set_to_none=True)
    (
        logits * torch.linspace(-1, 1, logits.numel(), dtype=logits.dtype).view_as(logits)
    ).sum().backward()
    return [None if p.grad is None else p.grad.clone() for p in network.parameters()]


@pytest.mark.parametrize("backend", ["reference", "auto"])
@pytest.mark.parametrize("cell", list(cells))
def test_packed_episodes_are_the_batch_of_their_parts(cell, backend):
    network = small(cell, backend=backend).eval()
    parts = [torch.randn(length, 1, INPUTS) for length in LENGTHS]
    packed = torch.cat(parts)
    starts = torch.zeros(len(packed), 1, dtype=torch.bool)
    starts[[0, 3, 4]] = True
    found = network(packed, starts_TB=starts)
    expected = [network(part) for part in parts]
    logits = torch.cat([rollout.logits_TBY for rollout in expected])
    torch.testing.assert_close(found.logits_TBY, logits, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(found.state, expected[-1].state, atol=1e-5, rtol=1e-4)
    weights = found.address.dense(network.cell.slots)
    each = torch.cat([rollout.address.dense(network.cell.slots) for rollout in expected])
    torch.testing.assert_close(weights, each, atol=1e-5, rtol=1e-4)
    ours, theirs = gradients(network, found.logits_TBY), gradients(network, logits)
    torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-3)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.booleans(), min_size=3, max_size=3), min_size=1, max_size=6))
def test_rows_begin_each_for_itself_and_go_on_from_the_state_that_is_given(starts):
    network = small("dnc", backend="reference").double().eval()
    starts_TB = torch.tensor(starts)
    inputs_TBX = torch.randn(*starts_TB.shape, INPUTS, dtype=torch.float64)
    before = network(torch.randn(2, 3, INPUTS, dtype=torch.float64)).state
    found = network(inputs_TBX, before, starts_TB)
    for row in range(3):
        state = torch.utils._pytree.tree_map(lambda x, row=row: x[row : row + 1], before)
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
    detached = torch.utils._pytree.tree_map(torch.Tensor.detach, state)
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
