"""The memory tape: how it works, and that with it agents without memory solve every task."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from envs.tapes import TapeEnv, make_tape
from envs.tapes.memory import MOVES

from .cases import NAMES
from .programs import PROGRAMS, act

# with three rows, time is too short to read more columns and to write a carry
LONGEST = {"reversed_addition3": 3}


def test_there_is_a_program_for_every_tape():
    assert set(PROGRAMS) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_an_agent_without_memory_solves_the_task_with_the_memory_tape(name):
    env = TapeEnv(name, memory=True)
    program = PROGRAMS[name](env.task)
    for length in range(env.task.min_length, LONGEST.get(name, 32) + 1):
        seen, _ = env.reset(seed=length, options={"length": length})
        over = False
        while not over:
            seen, _, over, _, info = env.step(act(env, program, seen))
        assert info["is_success"], env.episodes.tapes.lengths_B


def solves(policy, tapes):
    env = TapeEnv("reverse")
    for tape in tapes:
        seen, _ = env.reset(options={"tape": tape})
        over = False
        while not over:
            seen, _, over, _, info = env.step(np.array(policy[seen]))
        if not info["is_success"]:
            return False
    return True


def test_without_the_memory_tape_no_agent_without_memory_reverses():
    tapes = [list(tape) for length in (1, 2) for tape in itertools.product((0, 1), repeat=length)]
    actions = list(itertools.product((0, 1), (0, 1), (0, 1)))
    policies = list(itertools.product(actions, repeat=3))
    assert len(policies) == 512
    assert not any(solves(policy, tapes) for policy in policies)
    # the search would find one: tapes of one symbol need no memory
    assert any(solves(policy, tapes[:2]) for policy in policies)


def still(move=1, write=0, symbol=0):
    """An action that leaves the input at its first symbols and writes nothing."""
    return np.array([0, 0, 0, move, write, symbol])


def test_it_is_written_then_its_head_moves_then_it_is_read():
    env = TapeEnv("copy", memory=True, memory_symbols=3, memory_cells=4)
    assert env.reset(seed=0)[0][1] == 3
    reads = [
        env.step(still(MOVES.index(move), *written))[0][1]
        for move, written in [
            ("stay", (1, 2)),
            ("right", (1, 1)),
            ("left", (0, 0)),
            ("left", (0, 2)),
            ("right", (1, 0)),
            ("left", (0, 0)),
        ]
    ]
    assert reads == [2, 3, 1, 3, 1, 0]


def test_a_new_episode_begins_on_a_blank_tape_at_its_first_cell():
    env = TapeEnv("copy", memory=True)
    env.reset(seed=0)
    env.step(still(2, 1, 4))
    assert env.reset()[0][1] == 5
    assert env.step(still(0))[0][1] == 5


def test_the_memory_changes_nothing_else():
    plain, with_memory = TapeEnv("repeat_copy"), TapeEnv("repeat_copy", memory=True)
    with_memory.action_space.seed(0)
    for seed in range(20):
        seen, info = plain.reset(seed=seed)
        other, other_info = with_memory.reset(seed=seed)
        assert (seen, info) == (other[0], other_info)
        over = False
        while not over:
            action = with_memory.action_space.sample()
            seen, *rest, info = plain.step(action[:3])
            other, *other_rest, other_info = with_memory.step(action)
            assert (seen, rest, info) == (other[0], other_rest, other_info)
            over = rest[1]


@given(
    st.integers(1, 6),
    st.integers(1, 5),
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 1), st.integers(0, 4)), max_size=14),
)
def test_it_is_a_ring_of_cells(cells, symbols, actions):
    env = TapeEnv("rlntm_copy", 20, memory=True, memory_symbols=symbols, memory_cells=cells)
    env.reset(seed=0)
    ring, head = [symbols] * cells, 0
    for move, write, symbol in actions:
        symbol %= symbols
        if write:
            ring[head] = symbol
        head = (head + move - 1) % cells
        assert env.step(np.array([1, 0, 0, move, write, symbol]))[0][1] == ring[head]


def test_as_many_symbols_as_a_program_needs_are_the_default():
    sizes = {name: make_tape(name).memory_symbols for name in NAMES}
    for name, size in sizes.items():
        space = TapeEnv(name, memory=True).action_space
        assert space.nvec[3:].tolist() == [3, 2, size]
    assert sizes["reversed_addition"] == 12 and sizes["reversed_addition3"] == 30
    assert make_tape("duplicated_input", duplication=9).memory_symbols == 9
    assert make_tape("rlntm_duplicated_input", base=2, copies=7).memory_symbols == 7
    assert make_tape("rlntm_repeat_copy", base=5, max_repeats=4).memory_symbols == 10
