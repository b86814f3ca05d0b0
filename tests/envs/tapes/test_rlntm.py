"""The rules and the tasks of the RL-NTM's tapes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from envs.tapes import TapeEnv, make_tape, tapes

from .cases import scribe
from .naive import NaiveTape

FIVE = [name for name in tapes if name.startswith("rlntm_")]
every_one = pytest.mark.parametrize("name", FIVE)


def targets(env):
    state = env.episodes.tapes
    return state.targets_BT[0, : state.target_lengths_B[0]].tolist()


@pytest.mark.parametrize(
    ("name", "tape", "target", "limit"),
    [
        ("rlntm_copy", [7, 7, 29, 0], [7, 7, 29, 0], 20),
        ("rlntm_duplicated_input", [4, 4, 4, 9, 9, 9, 0], [4, 9, 0], 24),
        ("rlntm_reverse", [1, 2, 3, 0], [3, 2, 1, 0], 20),
        ("rlntm_forward_reverse", [1, 2, 3, 0], [3, 2, 1, 0], 20),
        ("rlntm_repeat_copy", [2, 5, 6, 0], [5, 6, 5, 6, 0], 22),
        ("rlntm_repeat_copy", [3, 1, 0], [1, 1, 1, 0], 18),
    ],
)
def test_targets_and_bounds(name, tape, target, limit):
    env = TapeEnv(name)
    env.reset(options={"tape": tape})
    assert targets(env) == target
    assert env.episodes.tapes.limits_B[0] == limit


def test_all_five_are_there_with_thirty_symbols_and_their_moves():
    assert len(FIVE) == 5
    assert {make_tape(name).base for name in FIVE} == {30}
    moves = {name: make_tape(name).moves for name in FIVE}
    assert moves.pop("rlntm_forward_reverse") == ("stay", "right")
    assert set(moves.values()) == {("left", "stay", "right")}


@every_one
def test_drawn_tapes_are_tapes_of_the_task(name):
    env = TapeEnv(name, 4)
    seen = []
    for seed in range(60):
        _, info = env.reset(seed=seed)
        tape = env.episodes.tapes.inputs_BXY[0, 1 : info["length"] + 1, 1]
        assert env.task.refuses(tape[:, None]) is None
        # a tape of one's own is understood as the drawn one was
        drawn = targets(env)
        env.reset(options={"tape": tape.tolist()})
        assert targets(env) == drawn
        seen += tape[1:-1].tolist()
    assert set(seen) == set(range(1, 30))


def test_numbers_of_copies_are_drawn_evenly():
    env = TapeEnv("rlntm_repeat_copy")
    counts = [int(env.reset(seed=seed)[0]) for seed in range(400)]
    assert set(counts) == {2, 3}
    assert 150 < counts.count(2) < 250


@every_one
def test_writing_nothing_is_forced_to_write_at_the_end_and_never_times_out(name):
    env = TapeEnv(name, 3)
    env.reset(seed=1)
    state = env.episodes.tapes
    wrong = [(symbol + 1) % 30 for symbol in targets(env)]
    rewards, over = [], False
    while not over:
        symbol = wrong[min(state.written_B[0], len(wrong) - 1)]
        _, reward, over, _, info = env.step(np.array([0, 0, symbol]))
        rewards.append(reward)
    assert len(rewards) == state.limits_B[0] and state.written_B[0] == len(wrong)
    assert not any(rewards) and not info["is_success"]


@every_one
def test_a_wrong_symbol_costs_its_reward_only(name):
    env = TapeEnv(name, 3)
    env.reset(seed=1)
    total, over, first = 0.0, False, True
    while not over:
        action = scribe(env)[0]
        if first:
            action[2], first = (action[2] + 1) % 30, False
        _, reward, over, _, info = env.step(action)
        total += reward
    assert total == len(targets(env)) - 1 and not info["is_success"]


@st.composite
def plays(draw):
    task = make_tape(draw(st.sampled_from(FIVE)), base=6)
    length = draw(st.integers(1, 5))
    action = st.tuples(
        st.integers(0, len(task.moves) - 1), st.integers(0, 1), st.integers(0, task.base - 1)
    )
    return task, length, draw(st.integers(0, 2**31)), draw(st.lists(action, max_size=60))


@given(plays())
def test_any_play_is_that_of_plain_rules(play):
    task, length, seed, actions = play
    env = TapeEnv(task, length)
    seen, info = env.reset(seed=seed)
    state = env.episodes.tapes
    columns = state.inputs_BXY[0, 1 : info["length"] + 1, 1:-1].tolist()
    naive = NaiveTape(
        columns, targets(env), int(state.limits_B[0]), task.base, task.moves, forgiving=True
    )
    assert seen == naive.see()
    for action in actions:
        result = env.step(np.array(action))
        assert result[:3] == naive.step(*action)
        if result[2]:
            break


def test_options_out_of_range_get_one_clear_line():
    with pytest.raises(ValueError, match="max_repeats is 1; at least min_repeats, 2, is needed"):
        make_tape("rlntm_repeat_copy", max_repeats=1)
    with pytest.raises(ValueError, match="base is 3; a whole number of at least 4 is needed"):
        make_tape("rlntm_repeat_copy", base=3)
    with pytest.raises(ValueError, match="copies is 0; a whole number of at least 1"):
        make_tape("rlntm_duplicated_input", copies=0)
    with pytest.raises(ValueError, match="base is 1; a whole number of at least 2"):
        make_tape("rlntm_reverse", base=1)
