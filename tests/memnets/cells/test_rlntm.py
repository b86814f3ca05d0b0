"""The RL-NTM's tape: moves, what a step costs, and the whole cell against a loop."""

import itertools

import numpy as np
import pytest
import torch

from memnets.estimators import Replay
from memnets.registry import cells, estimators
from memnets.testing import check_cell

from .naive_rlntm import HIDDEN, STEPS, B, N, W, X, naive_rlntm

OPTIONS = [
    {},
    {"heads": 2},
    {"tied": False, "heads": 2},
    {"erase": True},
    {"window": 3, "heads": 2},
    {"write_window": 3, "erase": True, "written": "tanh", "inverse_temperature": 0.3},
    {"write_window": 7, "erase": True, "heads": 2},
    {"last_moves": True, "tied": False},
    {"direct_access": True, "window": 3, "heads": 2},
    {"direct_access": True, "write_window": 3, "erase": True, "tied": False, "last_moves": True},
]
"""One window is wider than the tape of N slots."""


@pytest.mark.parametrize(
    ("estimator", "use"),
    [("soft", lambda w: w), ("reinforce", lambda w: np.eye(3)[w.argmax()])],
)
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_rlntm_unrolled_is_its_paper_written_twice(estimator, use, options):
    make = estimators.get(estimator)()
    cell = cells.get("rlntm")(HIDDEN, make, external_size=X, slots=N, width=W, **options)
    cell = cell.double().eval()
    for parameter in cell.parameters():
        torch.nn.init.normal_(parameter)
    p = {key: value.numpy() for key, value in cell.state_dict().items()}
    inputs = torch.randn(STEPS, B, HIDDEN, dtype=torch.float64)
    external = torch.randn(STEPS, B, X, dtype=torch.float64)
    state, steps = cell.initial_state(B), []
    with torch.no_grad():
        for h_BC, x_BX in zip(inputs, external, strict=True):
            read, state, address = cell(h_BC, state, x_BX)
            assert read.shape == (B, cell.read_size)
            steps.append((read, address.dense(N)))
    for row in range(B):
        given = zip(inputs[:, row].numpy(), external[:, row].numpy(), strict=True)
        naive = naive_rlntm(p, given, use, **options)
        for (read, weights), expected in zip(steps, naive, strict=True):
            np.testing.assert_allclose(weights[row], expected[1], rtol=0, atol=1e-10)
            np.testing.assert_allclose(read[row], expected[0], rtol=0, atol=1e-10)


@pytest.mark.parametrize("options", OPTIONS[5:], ids=str)
def test_the_gradient_of_a_step_is_that_of_central_differences(options):
    make = estimators.get("soft")()
    cell = cells.get("rlntm")(HIDDEN, make, external_size=X, slots=N, width=W, **options).double()
    state = cell.initial_state(1)
    weights = torch.rand_like(state.weights_BHK).softmax(-1).requires_grad_()
    contents = torch.randn(1, N, W, dtype=torch.float64, requires_grad=True)
    h = torch.randn(1, HIDDEN, dtype=torch.float64, requires_grad=True)
    x = torch.randn(1, X, dtype=torch.float64, requires_grad=True)

    def step(contents, weights, h, x):
        read, after, _ = cell(h, state._replace(memory_BNW=contents, weights_BHK=weights), x)
        return read, after.memory_BNW, after.weights_BHK

    assert torch.autograd.gradcheck(step, (contents, weights, h, x))


def test_each_written_slot_around_the_head_has_a_vector_of_its_own():
    make = estimators.get("reinforce")()
    cell = cells.get("rlntm")(HIDDEN, make, slots=7, width=W, write_window=5, written="tanh").eval()
    h = torch.randn(1, HIDDEN)
    added = cell.interface(h)["add"][0].tanh()
    memory = cell(h, cell.initial_state(1))[1].memory_BNW[0]
    torch.testing.assert_close(memory[[5, 6, 0, 1, 2]], added)
    assert not memory[3:5].any()


class Counted(torch.utils._python_dispatch.TorchDispatchMode):
    """Counts the elements that gathers and scatters name."""

    def __init__(self):
        super().__init__()
        self.named = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        if "gather" in func.__name__ or "scatter" in func.__name__:
            index = args[2]
            self.named += index.numel()
        return func(*args, **(kwargs or {}))


def test_a_chosen_move_costs_the_same_on_any_number_of_slots():
    counts = set()
    for slots in (8, 80, 800):
        cell = cells.get("rlntm")(HIDDEN, estimators.get("reinforce")(), slots=slots, width=W)
        state = cell.initial_state(B)
        for _ in range(5):
            before = state
            with Counted() as counted:
                _, state, address = cell(torch.randn(B, HIDDEN), state)
            assert address.slots_BHK.shape == (B, 2, 1)
            assert (before.memory_BNW != state.memory_BNW).any(-1).sum(-1).tolist() == [1] * B
            counts.add(counted.named)
    assert len(counts) == 1


def test_log_probabilities_are_those_of_the_moves():
    """Over all sequences of moves they make one, and each row stands where its moves lead."""
    script = torch.tensor(list(itertools.product(range(3), repeat=4)))
    cell = cells.get("rlntm")(HIDDEN, Replay(script), slots=N, width=W).double()
    state, total = cell.initial_state(len(script)), 0.0
    h_TBC = torch.randn(4, 1, HIDDEN, dtype=torch.float64).expand(-1, len(script), -1)
    for h_BC in h_TBC:
        _, state, address = cell(h_BC, state)
        total = total + address.log_prob_BH.sum(-1)
        assert (address.entropy_BH <= np.log(3) + 1e-12).all()
    torch.testing.assert_close(total.exp().sum(), torch.ones((), dtype=torch.float64))
    assert state.slots_BHK.flatten().tolist() == ((script - 1).sum(1) % N).tolist()


def test_what_is_written_overwrites_or_with_erase_adds_to_what_was_there():
    torch.manual_seed(0)
    cell = cells.get("rlntm")(HIDDEN, estimators.get("reinforce")(), slots=N, width=W)
    state = cell.initial_state(1)
    filled = state._replace(memory_BNW=torch.randn(1, N, W))
    h = torch.randn(1, HIDDEN)
    new = cell.interface(h)["add"][0, 0]
    torch.testing.assert_close(cell(h, filled)[1].memory_BNW[0, 0], new)
    adding = cells.get("rlntm")(HIDDEN, estimators.get("reinforce")(), slots=N, width=W, erase=True)
    torch.nn.init.constant_(adding.interface.bias_of("erase"), -100.0)
    added = filled.memory_BNW[0, 0] + adding.interface(h)["add"][0, 0]
    torch.testing.assert_close(adding(h, filled)[1].memory_BNW[0, 0], added)


@pytest.mark.parametrize("estimator", list(estimators))
def test_heads_of_their_own_keep_the_contract(estimator):
    options = {"slots": 7, "width": 4, "heads": 2, "tied": False, "erase": True, "window": 3}
    check_cell("rlntm", estimator, options=options)


@pytest.mark.parametrize("estimator", list(estimators))
def test_the_authors_cell_keeps_the_contract(estimator):
    options = {"erase": True, "window": 5, "write_window": 5, "written": "tanh"}
    options |= {"last_moves": True, "direct_access": True, "slots": 7, "width": 5}
    check_cell("rlntm", estimator, options=options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"window": 2}, "window must be odd"),
        ({"write_window": 4}, "write_window must be odd"),
        ({"written": "relu"}, "written 'relu' is not one of linear, tanh"),
        ({"direct_access": True}, "external_size None: width is 35"),
        ({"direct_access": True, "external_size": 9, "width": 8}, "external_size 9: width is 8"),
        ({"heads": 0}, "heads must be a whole number, at least 1, not 0"),
    ],
)
def test_rlntm_refuses_options_that_make_no_tape(options, message):
    with pytest.raises(ValueError, match=message):
        cells.get("rlntm")(HIDDEN, estimators.get("soft")(), **options)
