"""What gym 0.19 did, recorded there, and each of its quirks by itself."""

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Discrete, MultiDiscrete
from hypothesis import given
from hypothesis import strategies as st

from envs.tapes import TapeEnv, make_tape

from .naive import NaiveTape
from .recorded import NAMES, RECORDED, SIX


@pytest.mark.filterwarnings("ignore:.*the episode is over")
@pytest.mark.parametrize("case", RECORDED["cases"], ids=lambda case: case["name"])
def test_a_recorded_episode_replays_exactly(case):
    env = TapeEnv(NAMES[case["env"]], **case["kwargs"])
    seen, _ = env.reset(options={"tape": case["input"]})
    state = env.episodes.tapes
    assert seen == case["obs0"]
    assert state.targets_BT[0, : state.target_lengths_B[0]].tolist() == case["target"]
    assert state.limits_B[0] == case["time_limit"]
    total = 0.0
    for step, action in enumerate(case["actions"]):
        seen, reward, over, truncated, _ = env.step(np.array(action))
        assert (seen, reward, over) == tuple(
            case[name][step] for name in ("obs", "rewards", "dones")
        )
        assert not truncated
        head = state.heads_2B[:, 0].tolist()
        assert (head if env.task.rows > 1 else head[0]) == case["read_heads"][step]
        assert state.written_B[0] == case["write_heads"][step]
        total += reward
    assert total == case["return"] == state.returns_B[0]


def test_the_whole_target_past_the_limit_is_no_success():
    (case,) = [
        one for one in RECORDED["cases"] if one["name"] == "correct_write_on_step_past_limit"
    ]
    env = TapeEnv("copy", base=3)
    env.reset(options={"tape": case["input"]})
    infos = [env.step(np.array(action))[-1] for action in case["actions"]]
    assert env.episodes.tapes.right_B[0] == len(case["target"])
    assert not any(info["is_success"] for info in infos)


@pytest.mark.filterwarnings("ignore:.*the episode is over")
def test_what_earlier_targets_left_is_not_right_after_the_end():
    env = TapeEnv("copy")
    env.reset(options={"tape": [1, 1, 1]})
    env.reset(options={"tape": [1]})
    right = np.array([1, 1, 1])
    assert [env.step(right)[1] for _ in range(3)] == [1.0, -0.5, -0.5]


def test_all_nineteen_are_there():
    assert len(RECORDED["cases"]) == 19


@pytest.mark.parametrize("name", SIX)
def test_spaces_are_those_of_gym(name):
    env = TapeEnv(name)
    moves = 4 if name.startswith("reversed_addition") else 2
    assert env.action_space == MultiDiscrete([moves, 2, env.task.base])
    assert env.observation_space == Discrete(env.task.base + 1)


def test_defaults_thresholds_and_limits_are_those_of_gym():
    bases = {name: make_tape(name).base for name in SIX}
    assert list(bases.values()) == [5, 5, 5, 2, 3, 3]
    assert make_tape("duplicated_input").duplication == 2
    assert [make_tape(name).rows for name in SIX] == [1, 1, 1, 1, 2, 3]
    assert [make_tape(name).min_length for name in SIX] == [2, 2, 2, 1, 2, 2]
    for memory in ("", "_memory"):
        specs = [gymnasium.spec(f"memnets/tape_{name}{memory}-v0") for name in SIX]
        assert [spec.reward_threshold for spec in specs] == [25, 9, 75, 25, 25, 25]
        assert {spec.max_episode_steps for spec in specs} == {200}


@pytest.mark.parametrize(
    ("name", "tape", "target", "limit"),
    [
        ("copy", [4, 0, 2], [4, 0, 2], 10),
        ("duplicated_input", [3, 3, 3, 3, 1, 1], [3, 3, 1], 13),
        ("repeat_copy", [1, 2, 3], [1, 2, 3, 3, 2, 1, 1, 2, 3], 16),
        ("reverse", [1, 0, 0], [0, 0, 1], 10),
        ("reversed_addition", [[2, 1], [1, 1]], [0, 0, 1], 8),
        ("reversed_addition3", [[2, 2, 2], [2, 2, 2]], [0, 2, 2], 8),
    ],
)
def test_targets_and_time_limits(name, tape, target, limit):
    env = TapeEnv(name)
    env.reset(options={"tape": tape})
    state = env.episodes.tapes
    assert state.targets_BT[0, : state.target_lengths_B[0]].tolist() == target
    assert state.limits_B[0] == limit


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=4), st.integers(4, 10))
def test_reversed_addition_adds(numbers, base):
    columns = 30
    digits = [[number // base**place % base for number in numbers] for place in range(columns)]
    env = TapeEnv("reversed_addition", rows=len(numbers), base=base)
    env.reset(options={"tape": digits})
    state = env.episodes.tapes
    target = state.targets_BT[0, : state.target_lengths_B[0]].tolist()
    assert sum(digit * base**place for place, digit in enumerate(target)) == sum(numbers)
    assert len(target) == columns


def test_nothing_marks_the_ends_of_a_tape_but_the_blank_of_everything_off_it():
    env = TapeEnv("copy", base=3)
    env.reset(options={"tape": [2, 0]})
    assert [env.step(np.array([1, 0, 0]))[0] for _ in range(3)] == [0, 3, 3]
    assert [env.step(np.array([0, 0, 0]))[0] for _ in range(4)] == [3, 0, 2, 3]


@pytest.mark.parametrize("name", SIX)
def test_lengths_are_the_shortest_and_up_to_two_more(name):
    env = TapeEnv(name)
    env.reset(seed=0)
    seen = {env.reset()[1]["length"] for _ in range(200)}
    shortest = env.task.min_length
    asked = np.arange(shortest, shortest + 3)
    assert seen == set(env.task.columns(asked).tolist())


def test_duplicated_lengths_are_rounded_down_but_to_one_symbol_at_least():
    for copies in (2, 3):
        env = TapeEnv("duplicated_input", duplication=copies)
        found = [env.reset(options={"length": length})[1]["length"] for length in range(1, 8)]
        assert found == [max(length // copies, 1) * copies for length in range(1, 8)]


def test_three_rows_of_more_than_four_columns_cannot_be_read_in_time():
    task = make_tape("reversed_addition3")
    columns = np.arange(1, 40)
    steps = 3 * columns
    limits = task.time_limits(columns, columns)
    assert ((steps <= limits) == (columns <= 4)).all()


@st.composite
def plays(draw):
    name = draw(st.sampled_from(SIX))
    task = make_tape(name)
    symbols = st.integers(0, task.base - 1)
    columns = draw(
        st.lists(st.lists(symbols, min_size=task.rows, max_size=task.rows), min_size=1, max_size=6)
    )
    if name == "duplicated_input":
        columns = [column for column in columns for _ in range(2)]
    action = st.tuples(st.integers(0, len(task.moves) - 1), st.booleans(), symbols)
    return name, columns, draw(st.lists(action, max_size=30))


@pytest.mark.filterwarnings("ignore:.*the episode is over")
@given(plays(), st.floats(0, 1), st.randoms(use_true_random=False))
def test_any_play_is_that_of_plain_rules(play, skill, random):
    name, columns, actions = play
    env = TapeEnv(name)
    seen, _ = env.reset(options={"tape": columns})
    state = env.episodes.tapes
    target = state.targets_BT[0, : state.target_lengths_B[0]].tolist()
    naive = NaiveTape(columns, target, int(state.limits_B[0]), env.task.base, env.task.moves)
    assert seen == naive.see()
    for move, write, symbol in actions:
        if random.random() < skill and len(naive.written) < len(target):
            symbol = target[len(naive.written)]
        result = env.step(np.array([move, write, symbol]))
        assert result[:3] == naive.step(move, write, symbol)
