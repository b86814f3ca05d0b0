"""The single environment: checkers, seeds, options, errors, and an oracle."""

import warnings

import gymnasium
import numpy as np
import pytest
from gymnasium.error import ResetNeeded
from gymnasium.utils.env_checker import check_env
from stable_baselines3 import PPO
from stable_baselines3.common.env_checker import check_env as check_env_for_sb3
from stable_baselines3.common.env_util import make_vec_env

from envs.tapes import TapeEnv, make_tape
from memnets.registry import UnknownName

from .cases import env_id, every_tape, scribe, with_and_without_memory


@with_and_without_memory
@pytest.mark.parametrize("options", [{}, {"curriculum": True}, {"render_mode": "ansi"}], ids=str)
def test_gymnasium_accepts_every_environment(name, memory, options):
    env = gymnasium.make(env_id(name, memory), **options).unwrapped
    assert isinstance(env, TapeEnv)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(env)


@with_and_without_memory
def test_stable_baselines3_accepts_every_environment(name, memory):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env_for_sb3(gymnasium.make(env_id(name, memory)).unwrapped, warn=True)


@with_and_without_memory
def test_the_oracle_earns_all_that_there_is(name, memory):
    env = gymnasium.make(env_id(name, memory)).unwrapped
    env.reset(seed=0)
    for _ in range(20):
        total, over = 0.0, False
        while not over:
            _, reward, over, truncated, info = env.step(scribe(env)[0])
            total += reward
            assert not truncated
        assert total == env.episodes.tapes.target_lengths_B[0]
        assert info["is_success"]
        assert not env.reset()[1]["is_success"]


@with_and_without_memory
def test_a_seed_repeats_all_that_follows_and_another_does_not(name, memory):
    def play(env, seed):
        env.action_space.seed(1)
        seen = [env.reset(seed=seed)]
        for _ in range(12):
            seen.append(env.step(env.action_space.sample()))
            tapes = env.episodes.tapes
            columns, symbols = tapes.lengths_B[0] + 1, tapes.target_lengths_B[0]
            seen.append(tapes.inputs_BXY[0, :columns].tolist())
            seen.append(tapes.targets_BT[0, :symbols].tolist())
            seen.append(env.reset())
        return str(seen)

    used = TapeEnv(name, curriculum=True, memory=memory)
    first = play(used, 3)
    assert play(used, 3) == first == play(TapeEnv(name, curriculum=True, memory=memory), 3)
    assert play(used, 4) != first


@every_tape
def test_length_is_an_option_of_the_environment_and_of_one_reset(name):
    env = TapeEnv(name, length=6)
    columns = env.task.columns(np.array([6, 9]))
    assert {env.reset(seed=seed)[1]["length"] for seed in range(9)} == {columns[0]}
    assert env.reset(options={"length": 9})[1]["length"] == columns[1]
    assert env.reset(options={})[1]["length"] == columns[0]


def test_observations_and_infos_are_fresh():
    env = TapeEnv("copy", memory=True)
    first, info = env.reset(seed=0)
    first[:], info["length"] = 0, 99
    seen, *_, later = env.step(np.array([1, 0, 0, 1, 0, 0]))
    assert later["length"] < 99 and env.observation_space.contains(seen)


def test_wrong_use_gets_one_clear_line():
    env = TapeEnv("copy")
    with pytest.raises(ResetNeeded, match="call reset"):
        env.step(env.action_space.sample())
    with pytest.raises(ValueError, match=r"^Copy\.reset: no option 'lenght'\. Did you mean"):
        env.reset(options={"lenght": 3})
    with pytest.raises(ValueError, match="length is 0; a whole number of at least 1 is needed"):
        env.reset(options={"length": 0})
    with pytest.raises(ValueError, match=r"^Copy\.reset: length is 3 and a tape is given, which"):
        env.reset(options={"tape": [1, 2], "length": 3})
    with pytest.raises(ValueError, match="length is 2.5; a whole number"):
        TapeEnv("copy", 2.5)
    with pytest.raises(ValueError, match="length is 3 and curriculum is on; only one of them"):
        TapeEnv("copy", 3, curriculum=True)
    with pytest.raises(ValueError, match="render_mode is 'human'; None or ansi or rgb_array"):
        TapeEnv("copy", render_mode="human")
    with pytest.raises(ValueError, match="copy: no option 'bases'. Did you mean 'base'"):
        TapeEnv("copy", bases=3)
    with pytest.raises(ValueError, match="so base must be among its own options"):
        TapeEnv(make_tape("copy"), base=3)
    with pytest.raises(UnknownName, match="Did you mean 'copy'"):
        TapeEnv("cpoy")
    with pytest.raises(ValueError, match="memory_symbols is 0; a whole number of at least 1"):
        TapeEnv("copy", memory=True, memory_symbols=0)
    with pytest.raises(ValueError, match="memory_cells is 0; a whole number of at least 1"):
        TapeEnv("copy", memory=True, memory_cells=0)
    with pytest.raises(ValueError, match="rows is 4; at most base, 3, is possible"):
        TapeEnv("reversed_addition", rows=4)
    for option in ("base", "min_length", "duplication"):
        with pytest.raises(ValueError, match=f"{option} is 0; a whole number of at least"):
            TapeEnv("duplicated_input", **{option: 0})


@pytest.mark.parametrize(
    ("name", "tape", "needed"),
    [
        ("copy", [5], "columns of 1 symbols from 0 to 4 are needed"),
        ("copy", [-1], "columns of 1 symbols from 0 to 4 are needed"),
        ("copy", [], "columns of 1 symbols from 0 to 4 are needed"),
        ("copy", [0.5], "columns of 1 symbols from 0 to 4 are needed"),
        ("copy", [[1, 2]], "columns of 1 symbols from 0 to 4 are needed"),
        ("copy", [[1], [1, 2]], "columns of 1 symbols from 0 to 4 are needed"),
        ("reversed_addition", [1, 2], "columns of 2 symbols from 0 to 2 are needed"),
        ("duplicated_input", [1, 1, 2], "every symbol 2 times in a row is needed"),
        ("duplicated_input", [1, 2], "every symbol 2 times in a row is needed"),
        ("rlntm_copy", [1, 2], "one or more symbols and then the end symbol, 0, are needed"),
        ("rlntm_copy", [0], "one or more symbols and then the end symbol, 0, are needed"),
        ("rlntm_reverse", [1, 0, 1, 0], "one or more symbols and then the end symbol"),
        ("rlntm_duplicated_input", [1, 1, 0], "every symbol 3 times in a row is needed, then"),
        ("rlntm_repeat_copy", [4, 1, 0], "a number of copies from 2 to 3, one or more symbols"),
        ("rlntm_repeat_copy", [2, 0], "a number of copies from 2 to 3, one or more symbols"),
    ],
)
def test_a_tape_that_is_none_is_refused_in_one_line(name, tape, needed):
    with pytest.raises(ValueError, match=needed) as caught:
        TapeEnv(name).reset(options={"tape": tape})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("action", [[2, 0, 0], [0, -1, 0], [0, 0, 5], [0, 0], [0.5, 0, 0]])
def test_an_action_that_is_none_is_refused(action):
    env = TapeEnv("copy")
    env.reset(seed=0)
    with pytest.raises(ValueError, match=r"out of range; each part must be below|3 whole numbers"):
        env.step(np.array(action))


def test_steps_after_the_end_go_on_with_a_warning():
    env = TapeEnv("copy")
    env.reset(seed=0)
    env.step(scribe(env)[0])
    wrong = scribe(env)[0]
    wrong[2] = (wrong[2] + 1) % 5
    assert env.step(wrong)[2]
    with pytest.warns(UserWarning, match="the episode is over; this step means nothing"):
        env.step(wrong)


def test_ppo_trains_on_tapes_with_memory():
    crowd = make_vec_env("memnets/tape_reverse_memory-v0", n_envs=2)
    model = PPO("MlpPolicy", crowd, n_steps=64, n_epochs=1, seed=0, device="cpu")
    assert model.learn(128).num_timesteps == 128
