"""The single environment: its episodes, checkers, seeds, options and errors."""

import warnings

import gymnasium
import numpy as np
import pytest
from gymnasium.error import ResetNeeded
from gymnasium.utils.env_checker import check_env
from stable_baselines3 import PPO
from stable_baselines3.common.env_checker import check_env as check_env_for_sb3
from stable_baselines3.common.env_util import make_vec_env

from envs import TaskEnv, make_task

from .cases import all_wrong, as_answers, every_task


def oracle(task, batch):
    return as_answers(task, batch.targets_TBY[:, 0])


@every_task
def test_gymnasium_accepts_every_environment(name, options):
    env = gymnasium.make(f"memnets/{name}-v0", **options).unwrapped
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(env)


@every_task
def test_stable_baselines3_accepts_every_environment(name, options):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env_for_sb3(TaskEnv(name, **options), warn=True)


@every_task
def test_an_episode_is_the_batch_that_training_draws(name, options):
    task = make_task(name, **options)
    batch = task.sample(np.random.default_rng(11), 1)
    env = TaskEnv(task)
    seen, info = env.reset(seed=11)
    for t, action in enumerate(oracle(task, batch)):
        np.testing.assert_array_equal(seen, batch.inputs_TBX[t, 0])
        assert info == {"scored": batch.mask_TB[t, 0], "steps": len(batch.mask_TB)}
        seen, reward, terminated, truncated, info = env.step(action)
        assert (reward > 0) == batch.mask_TB[t, 0]
        assert terminated == (t + 1 == len(batch.mask_TB))
        assert not truncated
    assert not seen.any()
    assert not info["scored"]


@every_task
def test_the_oracle_returns_one_and_its_opposite_nothing(name, options):
    task = make_task(name, **options)
    for seed in range(3):
        right = oracle(task, task.sample(np.random.default_rng(seed), 1))
        wrong = all_wrong(task, right)
        assert episode_return(TaskEnv(task), seed, right) == pytest.approx(1)
        assert episode_return(TaskEnv(task), seed, wrong) == 0


def episode_return(env, seed, actions):
    env.reset(seed=seed)
    return sum(env.step(action)[1] for action in actions)


@every_task
def test_a_seed_repeats_an_episode_and_the_next_differs(name, options):
    env = TaskEnv(name, **options)

    def observations(seed):
        seen, info = env.reset(seed=seed)
        action = np.zeros(env.action_space.shape, env.action_space.dtype)
        rest = [env.step(action)[0] for _ in range(info["steps"])]
        return np.array([seen, *rest])

    first, following, again = observations(3), observations(None), observations(3)
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, following)


def test_length_is_an_option_of_the_environment_and_of_one_reset():
    env = TaskEnv("copy", length=3)
    assert env.reset(seed=0)[1]["steps"] == 8
    assert env.reset(options={"length": 30})[1]["steps"] == 62
    assert env.reset(options={})[1]["steps"] == 8
    repeat = TaskEnv("repeat_copy")
    assert repeat.reset(options={"length": 2, "repeats": 15})[1]["steps"] == 35


def test_wrong_use_gets_one_clear_line():
    with pytest.raises(ValueError, match=r"^Copy\.reset: no option 'lenght'\. Did you mean"):
        TaskEnv("copy").reset(options={"lenght": 3})
    with pytest.raises(ValueError, match="length is 0; a whole number of at least 1 is needed"):
        TaskEnv("copy", length=0).reset()
    for length in (3.7, True, "3"):
        with pytest.raises(ValueError, match=f"length is {length!r}; a whole number"):
            TaskEnv("copy").reset(options={"length": length})
    with pytest.raises(ValueError, match="repeats is 2.5; a whole number"):
        TaskEnv("repeat_copy").reset(options={"repeats": 2.5})
    with pytest.raises(ValueError, match="render_mode is 'ansi'; None or rgb_array"):
        TaskEnv("copy", render_mode="ansi")
    with pytest.raises(ValueError, match="copy: no option 'lenghts'"):
        gymnasium.make("memnets/copy-v0", lenghts=3)
    with pytest.raises(ValueError, match="so width must be among its own options"):
        TaskEnv(make_task("copy"), width=3)


def test_there_is_no_step_without_an_episode():
    env = TaskEnv("copy", length=1)
    with pytest.raises(ResetNeeded, match="call reset"):
        env.step(env.action_space.sample())
    env.reset(seed=0)
    for _ in range(4):
        env.step(env.action_space.sample())
    with pytest.raises(ResetNeeded, match="call reset"):
        env.step(env.action_space.sample())


def test_an_action_of_the_wrong_shape_is_refused():
    env = TaskEnv("copy")
    env.reset(seed=0)
    with pytest.raises(ValueError):
        env.step(np.zeros(7, np.int8))


def test_ppo_trains_on_single_environments():
    model = PPO("MlpPolicy", "memnets/copy-v0", n_steps=128, n_epochs=1, seed=0, device="cpu")
    model.learn(256)
    assert model.num_timesteps == 256


def test_ppo_trains_on_symbols_in_several_environments():
    env = make_vec_env("memnets/copy-v0", n_envs=2, env_kwargs={"symbols": 4, "max_length": 3})
    model = PPO("MlpPolicy", env, n_steps=64, n_epochs=1, seed=0, device="cpu")
    model.learn(128)
    assert model.num_timesteps == 128
