"""The neural stack: its equations and the whole cell against loops, and against a list."""

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given
from torch.autograd import gradcheck

from memnets.equations import strengths
from memnets.estimators import Replay
from memnets.registry import cells, estimators

from ..naive import HIDDEN, USES, N, Raw, W, agrees, sigmoid

B, H = 2, 2
EXACT = {"rtol": 0, "atol": 1e-10}


def uniform(*shape, seed=0):
    return torch.rand(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def popped(given, pop):
    """Eq. 2 for the rows that are there."""
    return [max(0, s - max(0, pop - sum(given[i + 1 :]))) for i, s in enumerate(given)]


def top(given):
    """Eq. 3: the weight of every row."""
    return [min(s, max(0, 1 - sum(given[i + 1 :]))) for i, s in enumerate(given)]


def each(strength_BHN):
    return [(b, h, strength_BHN[b, h].tolist()) for b, h in np.ndindex(B, H)]


def test_strengths_are_loops_over_rows():
    strength, pop = uniform(B, H, N), uniform(B, H, seed=1)
    for b, h, row in each(strength):
        sums = [sum(row[i + 1 :]) for i in range(N)]
        np.testing.assert_allclose(strengths.above(strength)[b, h], sums, **EXACT)
        expected = popped(row, float(pop[b, h]))
        np.testing.assert_allclose(strengths.popped(strength, pop)[b, h], expected, **EXACT)
        np.testing.assert_allclose(strengths.top(strength)[b, h], top(row), **EXACT)


@pytest.mark.parametrize("live", range(N + 1))
@pytest.mark.parametrize("strength", [0.0, 0.4])
def test_a_push_stands_above_the_newest_row_that_has_strength(live, strength):
    rows, before = uniform(B, H, N, W), uniform(B, H, N, seed=1)
    before[..., live:] = 0
    row, push = uniform(B, H, W, seed=2), torch.full((B, H), strength, dtype=torch.float64)
    after = strengths.pushed(rows, before, push, row)
    for b, h, held in each(before):
        pairs = [(s, rows[b, h, i].tolist()) for i, s in enumerate(held[:live])]
        if strength:
            pairs = [*pairs, (strength, row[b, h].tolist())][-N:]
        found = after.strength_BHN[b, h].tolist()
        assert found == [s for s, _ in pairs] + [0.0] * (N - len(pairs))
        for i, (_, expected) in enumerate(pairs):
            np.testing.assert_allclose(after.rows_BHNW[b, h, i], expected, **EXACT)
        place = [float(bool(strength) and i == len(pairs) - 1) for i in range(N)]
        assert after.place_BHN[b, h].tolist() == place


def test_derivatives_are_differences():
    strength, pop, row = uniform(B, H, N), uniform(B, H, seed=1), uniform(B, H, W, seed=2)
    rows = uniform(B, H, N, W, seed=3)
    for tensor in (strength, pop, row, rows):
        tensor.requires_grad_()
    gradcheck(strengths.above, (strength,))
    gradcheck(strengths.popped, (strength, pop))
    gradcheck(strengths.top, (strength,))
    gradcheck(lambda *given: strengths.pushed(*given)[:2], (rows, strength, pop, row))


def naive_stack(use, stacks):
    """The paper's: a row more at every step, none of them ever gone."""

    def unroll(p, pairs):
        rows, given = [[] for _ in range(stacks)], [[] for _ in range(stacks)]
        for h, _ in pairs:
            raw = Raw(p, h, {"push": (stacks,), "pop": (stacks,), "row": (stacks, W)})
            read = np.zeros((stacks, W))
            for s in range(stacks):
                push, pop = (
                    use(np.array([sigmoid(x), sigmoid(-x)]))[0] for x in (raw.push[s], raw.pop[s])
                )
                given[s] = [*popped(given[s], pop), push]
                rows[s].append(np.tanh(raw.row[s]))
                for weight, row in zip(top(given[s]), rows[s], strict=True):
                    read[s] += weight * row
            yield read.ravel()

    return unroll


@pytest.mark.parametrize(("estimator", "use"), USES)
@pytest.mark.parametrize("stacks", [1, 2])
def test_a_neural_stack_unrolled_is_its_paper_written_twice(estimator, use, stacks):
    """Slots for every step: no row of the paper's is lost. Its addresses are tested below."""
    make = estimators.get(estimator)()
    cell = cells.get("neural_stack")(HIDDEN, make, slots=20, width=W, stacks=stacks)
    agrees(without_addresses(cell), without(naive_stack(use, stacks)))


def without(naive):
    return lambda p, pairs: ((read, np.zeros((1, N))) for read in naive(p, pairs))


def without_addresses(cell):
    """The same cell; the loop above has rows that ours reuses, so that places differ."""
    forward = cell.forward

    def step(h_BC, state):
        read, state, address = forward(h_BC, state)
        return read, state, address._replace(weights_BHK=torch.zeros(len(h_BC), 1, N))

    cell.forward = step
    return cell


@given(
    script=st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=30),
    slots=st.integers(1, 6),
)
def test_with_chosen_actions_a_neural_stack_is_a_list(script, slots):
    taken = torch.tensor([[int(not act) for step in script for act in step]])
    cell = cells.get("neural_stack")(HIDDEN, Replay(taken), slots=slots, width=1).double()
    rows, state = [], cell.initial_state(1)
    for push, pop in script:
        h_BC = torch.randn(1, HIDDEN, dtype=torch.float64)
        read, state, address = cell(h_BC, state)
        rows = rows[:-1] if pop else rows
        if push:
            rows = (rows + [cell.interface(h_BC)["row"].tanh().item()])[-slots:]
        assert read.item() == (rows[-1] if rows else 0.0)
        assert state.memory_BHNW.flatten().tolist()[: len(rows)] == rows
        here = [float(i + 1 == len(rows)) for i in range(slots)]
        assert address.weights_BHK[0, 1].tolist() == here
        assert address.weights_BHK[0, 0].tolist() == (here if push else [0.0] * slots)


def test_pop_bias_is_what_a_pop_starts_from():
    cell = cells.get("neural_stack")(HIDDEN, estimators.get("soft")(), stacks=2, pop_bias=-1.0)
    assert cell.interface.bias_of("pop").tolist() == [-1.0, -1.0]
    assert not cell.interface.bias_of("push").any()


def test_neural_stack_refuses_sizes_that_make_no_stack():
    with pytest.raises(ValueError, match="stacks must be a whole number, at least 1, not 0"):
        cells.get("neural_stack")(HIDDEN, estimators.get("soft")(), stacks=0)
