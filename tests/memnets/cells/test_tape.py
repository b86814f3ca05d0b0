"""The tape RNN's memory: equations and the whole cell against loops, and against a tape."""

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given
from torch.autograd import gradcheck

from envs.tasks import tasks
from memnets.equations import moving_tape
from memnets.estimators import Replay
from memnets.registry import cells, estimators
from memnets.testing import check_cell

from ..naive import EXTERNAL, HIDDEN, USES, N, Raw, W, agrees, softmax

B, H = 2, 2
EXACT = {"rtol": 0, "atol": 1e-10}
FAR = 1_000
"""More slots than any script here has steps: an endless tape."""


def uniform(*shape, seed=0):
    return torch.rand(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def moves():
    return uniform(B, H, 5, seed=1).softmax(-1)[..., :4]


def steps_of(length):
    return (-1, 1, -length, length)


def tape_after(rows, weights, length):
    """The mixture of the moved tapes, seen from the head, row by row; it wraps round."""
    size, after = len(rows), []
    for i in range(size):
        value = (1 - sum(weights)) * rows[i]
        for weight, step in zip(weights, steps_of(length), strict=True):
            value = value + weight * rows[(i + step) % size]
        after.append(value)
    return after


def test_moves_are_a_loop_over_slots():
    rows, weights = uniform(B, H, N, W), moves()
    length_B = torch.tensor([3, 9])
    distances_BHK = moving_tape.distances(length_B).unsqueeze(1).expand(-1, H, -1)
    found = moving_tape.move(rows, weights, distances_BHK)
    for b, h, w in np.ndindex(B, H, W):
        column = rows[b, h, :, w].tolist()
        expected = tape_after(column, weights[b, h].tolist(), int(length_B[b]))
        np.testing.assert_allclose(found[b, h, :, w], expected, **EXACT)


def test_a_write_overwrites_the_slot_under_the_head_alone():
    rows, written = uniform(B, H, N, W), uniform(B, H, W, seed=2)
    found = moving_tape.write(rows, written)
    assert torch.equal(found[:, :, 0], written) and torch.equal(found[:, :, 1:], rows[:, :, 1:])


def test_steps_count_until_the_first_that_is_marked():
    length = moving_tape.Length(torch.zeros(2, dtype=torch.long), torch.zeros(2).bool())
    seen = []
    for marks in ([0, 0], [0, 1], [0, 0], [1, 0], [0, 0]):
        length = moving_tape.count(length, torch.tensor(marks) > 0)
        seen.append(length.steps_B.tolist())
    assert seen == [[1, 1], [2, 1], [3, 1], [3, 1], [3, 1]]


def test_derivatives_are_differences():
    rows, weights, written = uniform(B, H, N, W), moves(), uniform(B, H, W, seed=2)
    distances_BHK = moving_tape.distances(torch.tensor([3, 2])).unsqueeze(1).expand(-1, H, -1)
    for tensor in (rows, weights, written):
        tensor.requires_grad_()
    gradcheck(lambda *given: moving_tape.move(*given, distances_BHK), (rows, weights))
    gradcheck(moving_tape.write, (rows, written))


def naive_tape(use, *, tapes=1, jump=0, marker=-1, short=0):
    def unroll(p, pairs):
        rows, places = np.zeros((tapes, N, W)), np.array([np.eye(N)[0]] * tapes)
        length, is_over = jump, False
        for h, x in pairs:
            raw, writes = Raw(p, h, {"move": (tapes, 5), "write": (tapes, W)}), places.copy()
            is_over = is_over or x[marker] > 0.5
            length += not (jump or is_over)
            for t in range(tapes):
                weights = use(softmax(raw.move[t])[:4])
                rows[t, 0] = raw.write[t]
                span = max(0, length - short)
                rows[t] = tape_after(rows[t].copy(), weights, span)
                after = (1 - sum(weights)) * places[t]
                for weight, step in zip(weights, steps_of(span), strict=True):
                    after = after + weight * np.roll(places[t], step)
                places[t] = after
            yield rows[:, 0].ravel(), np.concatenate([writes, places])

    return unroll


@pytest.mark.parametrize(("estimator", "use"), USES)
@pytest.mark.parametrize(
    "options", [{}, {"tapes": 3}, {"jump": 3}, {"marker": 0}, {"short": 2}], ids=str
)
def test_a_tape_unrolled_is_its_paper_written_twice(estimator, use, options):
    make = estimators.get(estimator)()
    cell = cells.get("tape")(HIDDEN, make, external_size=EXTERNAL, slots=N, width=W, **options)
    agrees(cell, naive_tape(use, **options))


@given(
    script=st.lists(st.tuples(*[st.integers(0, 4)] * 2), min_size=1, max_size=20),
    asked=st.integers(0, 20),
)
def test_with_chosen_moves_a_tape_is_a_tape(script, asked):
    """Two tapes, kept as what was written where; the answer is asked for from one step on."""
    taken = torch.tensor([[choice for step in script for choice in step]])
    cell = cells.get("tape")(HIDDEN, Replay(taken), slots=FAR, width=1, tapes=2).double()
    written, heads, state = [{}, {}], [0, 0], cell.initial_state(1)
    for time, step in enumerate(script):
        h_BC = torch.randn(1, HIDDEN, dtype=torch.float64)
        values = cell.interface(h_BC)["write"].flatten().tolist()
        x_BX = torch.tensor([[1.0, float(time >= asked)]], dtype=torch.float64)
        before = list(heads)
        read, state, address = cell(h_BC, state, x_BX)
        for t, choice in enumerate(step):
            written[t][heads[t]] = values[t]
            heads[t] += (*steps_of(min(time + 1, asked)), 0)[choice]
            assert read[0, t].item() == written[t].get(heads[t], 0.0)
            for slot, value in written[t].items():
                assert state.memory_BHNW[0, t, slot - heads[t], 0].item() == value
        where = address.weights_BHK[0].argmax(-1).tolist()
        assert where == [slot % FAR for slot in before + heads]
        assert (address.weights_BHK.sum(-1) == 1).all()


def test_a_jump_one_short_leads_from_the_last_symbol_to_the_first():
    """A string of four, written with the head one symbol behind, is then read again and again."""
    right, back, stay = 1, 2, 4
    script = [stay, right, right, right] + 3 * [back, right, right, right]
    cell = cells.get("tape")(HIDDEN, Replay(torch.tensor([script])), slots=9, width=1, short=1)
    state, stood = cell.initial_state(1), []
    for time in range(len(script)):
        _, state, address = cell(torch.zeros(1, HIDDEN), state, torch.tensor([[float(time >= 4)]]))
        stood.append(int(address.weights_BHK[0, 1].argmax()))
    assert stood[4:] == 3 * [0, 1, 2, 3]


@pytest.mark.parametrize("name", ["duplicate_string", "reverse_string", "odds_first"])
def test_a_formal_task_marks_its_answer_by_the_last_channel(name):
    """So a jump is as long as the string."""
    batch = tasks.get(name)(min_length=1).sample(np.random.default_rng(0), 3, 7)
    cell = cells.get("tape")(HIDDEN, estimators.get("soft")(), slots=N, width=W)
    state = cell.initial_state(3)
    for x_BX in torch.as_tensor(batch.inputs_TBX):
        _, state, _ = cell(torch.zeros(3, HIDDEN), state, x_BX)
    assert state.length.steps_B.tolist() == [7, 7, 7]


def test_log_probabilities_are_those_of_the_moves():
    """Over all sequences of moves they make one."""
    script = torch.cartesian_prod(*[torch.arange(5)] * 3)
    cell = cells.get("tape")(HIDDEN, Replay(script), slots=N, width=W, jump=2).double()
    state, total = cell.initial_state(len(script)), 0.0
    for h_BC in torch.randn(3, 1, HIDDEN, dtype=torch.float64).expand(-1, len(script), -1):
        _, state, address = cell(h_BC, state)
        total = total + address.log_prob_BH.sum(-1)
    torch.testing.assert_close(total.exp().sum(), torch.ones((), dtype=torch.float64))


@pytest.mark.parametrize("estimator", list(estimators))
def test_several_tapes_keep_the_contract(estimator):
    check_cell("tape", estimator, options={"slots": 7, "width": 4, "tapes": 2, "jump": 3})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tapes": 0}, "tapes must be a whole number, at least 1, not 0"),
        ({"jump": -1}, "jump must be a whole number, at least 0, not -1"),
        ({"short": -1}, "short must be a whole number, at least 0, not -1"),
        ({"marker": 3, "external_size": 3}, "marker 3 is none of the input's 3 channels"),
        ({"marker": 0.5}, "marker must be a whole number"),
    ],
)
def test_tape_refuses_options_that_make_no_tape(options, message):
    with pytest.raises(ValueError, match=message):
        cells.get("tape")(HIDDEN, estimators.get("soft")(), **options)
