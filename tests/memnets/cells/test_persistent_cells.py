"""Cells with a persistent memory: the same results and gradients as with a tensor."""

import copy
import pickle

import pytest
import torch

from memnets.registry import cells, estimators
from memnets.spec import ModelSpec
from memnets.storage import PersistentMemory
from memnets.testing import check_cell
from memnets.types import NetworkState, stack_steps

from ..variants import slow_but

SLOTS, WIDTH, HIDDEN, STEPS, B = 7, 4, 5, 12, 3
EXACT = {"rtol": 0, "atol": 1e-10}
VARIANTS = [
    ("rlntm", {}),
    ("rlntm", {"heads": 2, "tied": False, "erase": True, "window": 3}),
    ("rlntm", {"write_window": 3, "written": "tanh", "last_moves": True}),
    ("tardis", {}),
    ("sam", {"heads": 2}),
]


def made(name, estimator, options, **more):
    torch.manual_seed(0)
    make = estimators.get(estimator)(**({"k": 3} if estimator == "top_k" else {}))
    cell = cells.get(name)(HIDDEN, make, slots=SLOTS, width=WIDTH, **options, **more)
    return cell.double()


def ran(cell, h_TBC):
    """Reads, addresses, the final contents, and gradients of controller outputs and parameters."""
    torch.manual_seed(1)
    h_TBC = h_TBC.clone().requires_grad_()
    state, reads, addresses = cell.initial_state(h_TBC.shape[1]), [], []
    for h_BC in h_TBC.unbind(0):
        read, state, address = cell(h_BC, state)
        reads.append(read)
        addresses.append(address)
    address = stack_steps(addresses)
    loss = torch.stack(reads).square().sum() + address.log_prob_BH.sum() + address.entropy_BH.sum()
    contents = state[0] if isinstance(state[0], torch.Tensor) else state[0].dense()
    wanted = [h_TBC, *cell.parameters()]
    gradients = torch.autograd.grad(loss, wanted, materialize_grads=True)
    return torch.stack(reads), address, contents, gradients


@pytest.mark.parametrize(("name", "options"), VARIANTS)
@pytest.mark.parametrize("estimator", ["reinforce", "top_k", "soft", "straight_through"])
def test_a_persistent_memory_changes_no_result_and_no_gradient(name, options, estimator):
    h_TBC = torch.randn(STEPS, B, HIDDEN, dtype=torch.float64)
    tensor = ran(made(name, estimator, options), h_TBC)
    cell = made(name, estimator, options, persistent=True)
    for _ in range(2):
        reads, address, contents, gradients = ran(cell, h_TBC)
        assert torch.equal(contents, tensor[2])
        torch.testing.assert_close(reads, tensor[0], **EXACT)
        if address.slots_BHK is not None:
            assert torch.equal(address.slots_BHK, tensor[1].slots_BHK)
        torch.testing.assert_close(address.weights_BHK, tensor[1].weights_BHK, **EXACT)
        for ours, theirs in zip(gradients, tensor[3], strict=True):
            torch.testing.assert_close(ours, theirs, **EXACT)


@pytest.mark.parametrize(("name", "options"), [*VARIANTS, ("sam", {"heads": 2, "index": "faiss"})])
@pytest.mark.parametrize("estimator", slow_but(estimators, ("soft", "reinforce", "top_k")))
def test_cells_with_a_persistent_memory_keep_the_contract(name, options, estimator):
    if "index" in options:
        pytest.importorskip("faiss")
    options = {"slots": SLOTS, "width": WIDTH, "persistent": True, **options}
    check_cell(name, estimator, options=options)


def test_buffers_are_kept_between_sequences_and_are_no_part_of_the_model():
    cell = made("rlntm", "reinforce", {}, persistent=True)
    one, other = cell.initial_state(B).memory_BNW, cell.initial_state(B).memory_BNW
    assert isinstance(one, PersistentMemory)
    assert one.log is other.log
    assert set(cell.state_dict()) == set(made("rlntm", "reinforce", {}).state_dict())
    for copied in (copy.deepcopy(cell), pickle.loads(pickle.dumps(cell))):
        assert copied.initial_state(B).memory_BNW.log is not one.log
    sizes = [cell.initial_state(batch).memory_BNW.log for batch in (1, 2, 3)]
    assert cell.initial_state(3).memory_BNW.log is sizes[2]
    assert cell.initial_state(1).memory_BNW.log is not sizes[0]  # two sizes are kept


def test_a_model_with_a_persistent_memory_learns_as_one_with_a_tensor():
    inputs = torch.randn(6, B, 3)
    weights = []
    for persistent in (False, True):
        torch.manual_seed(0)
        options = {"slots": SLOTS, "width": WIDTH, "persistent": persistent}
        spec = ModelSpec("sam", "top_k", controller_size=8, cell_options=options)
        network = spec.build(3, 2)
        optimiser = torch.optim.SGD(network.parameters(), lr=0.1)
        for _ in range(5):
            optimiser.zero_grad()
            network(inputs).logits_TBY.square().mean().backward()
            optimiser.step()
        weights.append(torch.cat([p.detach().flatten() for p in network.parameters()]))
    torch.testing.assert_close(*weights, rtol=0, atol=1e-6)


def cut_off(state):
    """The same state, from which no gradient goes back."""
    if isinstance(state, NetworkState):
        return NetworkState(*map(cut_off, state))
    if isinstance(state, tuple):
        parts = map(cut_off, state)
        return type(state)(*parts) if hasattr(state, "_fields") else tuple(parts)
    return state.detach() if hasattr(state, "detach") else state


@pytest.mark.parametrize(
    ("name", "estimator", "options"),
    [
        ("rlntm", "reinforce", {"window": 3}),
        ("sam", "top_k", {"heads": 2}),
        ("tardis", "top_k", {}),
    ],
)
def test_two_pieces_that_go_backward_together_teach_as_with_a_tensor(name, estimator, options):
    inputs_TBX = torch.randn(STEPS, B, 3, dtype=torch.float64)
    gradients = []
    for persistent in (False, True):
        torch.manual_seed(0)
        sizes = {"slots": SLOTS, "width": WIDTH, "persistent": persistent}
        spec = ModelSpec(name, estimator, controller_size=HIDDEN, cell_options=sizes | options)
        network = spec.build(3, 2).double()
        first = network(inputs_TBX[:7])
        second = network(inputs_TBX[7:], cut_off(first.state))
        costs = [rollout.logits_TBY.square().sum() for rollout in (first, second)]
        scores = [rollout.address.log_prob_BH.sum() for rollout in (first, second)]
        sum(costs + scores).backward()
        gradients.append([part.grad for part in network.parameters()])
    for ours, theirs in zip(*gradients, strict=True):
        torch.testing.assert_close(ours, theirs, **EXACT)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"index": "faiss"}, "index 'faiss' follows a persistent memory: set persistent=True"),
        ({"index": "flann", "persistent": True}, "index 'flann' is not one of exact, faiss"),
        ({"usage_decay": 0.9, "persistent": True}, "usage_decay changes the usage of every slot"),
    ],
)
def test_sam_refuses_options_that_do_not_go_together(options, message):
    with pytest.raises(ValueError, match=message):
        cells.get("sam")(HIDDEN, estimators.get("top_k")(), **options)
