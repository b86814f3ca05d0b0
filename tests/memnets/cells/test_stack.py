"""The superposition stack: its equations and the whole cell against loops, and against a list."""

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given
from torch.autograd import gradcheck

from memnets.equations import stack
from memnets.estimators import Replay
from memnets.registry import cells, estimators
from memnets.testing import check_cell

from ..naive import HIDDEN, USES, N, Raw, W, agrees, sigmoid, softmax

B, H = 2, 2
EXACT = {"rtol": 0, "atol": 1e-10}
CHOICES = ("push", "pop", "no-op")


def uniform(*shape, seed=0):
    return torch.rand(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def actions():
    """Of push and pop, with some mass missing."""
    return uniform(B, H, 3, seed=1).softmax(-1)[..., :2]


def stack_after(rows, push, pop, value, empty):
    """One stack of numbers, row by row (eqs. 4 and 5)."""
    after = []
    for i in range(len(rows)):
        above = value if i == 0 else rows[i - 1]
        below = rows[i + 1] if i + 1 < len(rows) else empty
        after.append(push * above + pop * below + (1 - push - pop) * rows[i])
    return after


def height_after(chances, push, pop):
    after = [0.0] * len(chances)
    for height, chance in enumerate(chances):
        after[min(height + 1, len(chances) - 1)] += push * chance
        after[max(height - 1, 0)] += pop * chance
        after[height] += (1 - push - pop) * chance
    return after


def test_actions_are_a_loop_over_rows():
    rows, pushed, done = uniform(B, H, N, W), uniform(B, H, W, seed=2), actions()
    found = stack.act(rows, done, pushed, -1.0)
    for b, h, w in np.ndindex(B, H, W):
        push, pop = done[b, h].tolist()
        column = stack_after(rows[b, h, :, w].tolist(), push, pop, float(pushed[b, h, w]), -1.0)
        np.testing.assert_allclose(found[b, h, :, w], column, **EXACT)


def test_heights_are_a_loop_over_heights():
    before, done = uniform(B, H, N + 1).softmax(-1), actions()
    found = stack.heights(before, done)
    for b, h in np.ndindex(B, H):
        chances = before[b, h].tolist()
        expected = height_after(chances, *done[b, h].tolist())
        np.testing.assert_allclose(found[b, h], expected, **EXACT)
        up, down = height_after(chances, 1, 0), height_after(chances, 0, 1)
        np.testing.assert_allclose(stack.raised(before)[b, h], up, **EXACT)
        np.testing.assert_allclose(stack.lowered(before)[b, h], down, **EXACT)
    torch.testing.assert_close(found.sum(-1), before.sum(-1))


def test_derivatives_are_differences():
    rows, done, pushed = uniform(B, H, N, W), actions(), uniform(B, H, W, seed=2)
    heights = uniform(B, H, N + 1).softmax(-1)
    for tensor in (rows, done, pushed, heights):
        tensor.requires_grad_()
    gradcheck(lambda *given: stack.act(*given, -1.0), (rows, done, pushed))
    gradcheck(stack.heights, (heights, done))
    gradcheck(stack.raised, (heights,))
    gradcheck(stack.lowered, (heights,))


SQUASHED = {"sigmoid": sigmoid, "linear": lambda x: x, "tanh": np.tanh}
OPTIONS = [
    {},
    {"stacks": 3, "depth": 3},
    {"pushed": "linear", "empty": 0.0, "depth": 1},
    {"pushed": "tanh", "depth": N},
    {"no_op": False},
]


def naive_stack(use, *, stacks=1, depth=2, no_op=True, pushed="sigmoid", empty=-1.0):
    def unroll(p, pairs):
        rows = np.full((stacks, N, W), empty)
        chances = [[1.0] + [0.0] * N for _ in range(stacks)]
        layout = {"action": (stacks, 2 + no_op), "push": (stacks, W)}
        for h, _ in pairs:
            raw, writes, reads = Raw(p, h, layout), [], []
            for s in range(stacks):
                push, pop = use(softmax(raw.action[s])[:2])
                value = SQUASHED[pushed](raw.push[s])
                writes.append(push * np.array(height_after(chances[s], 1, 0)[1:]))
                for w in range(W):
                    rows[s, :, w] = stack_after(rows[s, :, w].tolist(), push, pop, value[w], empty)
                chances[s] = height_after(chances[s], push, pop)
                reads.append(np.array(chances[s][1:]))
            yield rows[:, :depth].ravel(), np.array(writes + reads)

    return unroll


@pytest.mark.parametrize(("estimator", "use"), USES)
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_a_stack_unrolled_is_its_paper_written_twice(estimator, use, options):
    options = {"stacks": 1} | options
    cell = cells.get("stack")(HIDDEN, estimators.get(estimator)(), slots=N, width=W, **options)
    agrees(cell, naive_stack(use, **options))


@given(
    script=st.lists(st.tuples(*[st.integers(0, 2)] * 2), min_size=1, max_size=30),
    slots=st.integers(1, 6),
)
def test_with_chosen_actions_a_stack_is_a_list(script, slots):
    """Two stacks of a sequence, with one action each a step; what falls off the end is gone."""
    taken = torch.tensor([[choice for step in script for choice in step]])
    cell = cells.get("stack")(
        HIDDEN, Replay(taken), slots=slots, width=1, stacks=2, depth=slots, empty=0.0
    ).double()
    lists, state = [[], []], cell.initial_state(1)
    for step in script:
        h_BC = torch.randn(1, HIDDEN, dtype=torch.float64)
        values = cell.interface(h_BC)["push"].sigmoid().flatten().tolist()
        read, state, address = cell(h_BC, state)
        for s, choice in enumerate(step):
            if CHOICES[choice] == "push":
                lists[s] = (lists[s] + [values[s]])[-slots:]
            elif CHOICES[choice] == "pop":
                lists[s] = lists[s][:-1]
            expected = lists[s][::-1] + [0.0] * (slots - len(lists[s]))
            assert read.view(2, slots)[s].tolist() == expected
            top = [float(i + 1 == len(lists[s])) for i in range(slots)]
            assert address.weights_BHK[0, 2 + s].tolist() == top
            pushed = top if CHOICES[choice] == "push" else [0.0] * slots
            assert address.weights_BHK[0, s].tolist() == pushed


def test_log_probabilities_are_those_of_the_actions():
    """Over all sequences of actions they make one; the read heads choose nothing."""
    script = torch.cartesian_prod(*[torch.arange(3)] * 4)
    cell = cells.get("stack")(HIDDEN, Replay(script), slots=N, width=W, stacks=1).double()
    state, total = cell.initial_state(len(script)), 0.0
    for h_BC in torch.randn(4, 1, HIDDEN, dtype=torch.float64).expand(-1, len(script), -1):
        _, state, address = cell(h_BC, state)
        assert not address.log_prob_BH[:, 1].any() and not address.entropy_BH[:, 1].any()
        total = total + address.log_prob_BH.sum(-1)
    torch.testing.assert_close(total.exp().sum(), torch.ones((), dtype=torch.float64))


@pytest.mark.parametrize("estimator", list(estimators))
def test_other_stacks_keep_the_contract(estimator):
    options = {"slots": 7, "width": 4, "stacks": 1, "depth": 1, "pushed": "linear", "no_op": False}
    check_cell("stack", estimator, options=options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pushed": "relu"}, "pushed 'relu' is not one of sigmoid, linear, tanh"),
        ({"depth": 9, "slots": 8}, "depth must be at most the 8 slots, not 9"),
        ({"stacks": 0}, "stacks must be a whole number, at least 1, not 0"),
        ({"empty": float("nan")}, "empty must be a finite number"),
    ],
)
def test_stack_refuses_options_that_make_no_stack(options, message):
    with pytest.raises(ValueError, match=message):
        cells.get("stack")(HIDDEN, estimators.get("soft")(), **options)
