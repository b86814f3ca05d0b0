"""The vector environment: its episodes, spaces, seeds, rewards and errors."""

import gymnasium
import numpy as np
import pytest
from gymnasium.error import ResetNeeded
from gymnasium.vector import AutoresetMode
from gymnasium.wrappers.vector import DictInfoToList, RecordEpisodeStatistics

from envs import TaskVectorEnv, make_task

from .cases import as_answers, every_task


@every_task
def test_an_episode_is_the_batch_that_training_draws(name, options):
    task, rng = make_task(name, **options), np.random.default_rng(5)
    env = TaskVectorEnv(task, 4, autoreset_mode="SameStep")
    seen, infos = env.reset(seed=5)
    for _ in range(2):
        batch = task.sample(rng, 4)
        returns, steps_B = np.zeros(4), batch.steps_B
        for t, actions in enumerate(as_answers(task, batch.targets_TBY)):
            # a sequence that is over has made way for the first step of the next
            now = t < steps_B
            np.testing.assert_array_equal(seen[now], batch.inputs_TBX[t, now])
            np.testing.assert_array_equal(infos["scored"][now], batch.mask_TB[t, now])
            assert (infos["steps"][now] == steps_B[now]).all()
            seen, rewards, terminated, truncated, infos = env.step(actions)
            returns += np.where(now, rewards, 0)
            assert (terminated[now] == (t + 1 == steps_B[now])).all()
            assert not truncated.any()
        np.testing.assert_allclose(returns, 1)
        if batch.lengths_B is not None:
            return


@every_task
def test_spaces_shapes_and_types(name, options):
    env = TaskVectorEnv(name, 3, **options)
    seen, _ = env.reset(seed=0)
    assert env.observation_space.contains(seen)
    seen, rewards, terminated, truncated, _ = env.step(env.action_space.sample())
    assert env.observation_space.contains(seen)
    assert (rewards.shape, rewards.dtype) == ((3,), np.float64)
    assert (
        (terminated.shape, terminated.dtype) == (truncated.shape, truncated.dtype) == ((3,), bool)
    )


def test_one_seed_after_a_list_is_the_batch_that_training_draws_again():
    env = TaskVectorEnv("copy", 2)
    env.reset(seed=[1, 2])
    seen, _ = env.reset(seed=5)
    batch = make_task("copy").sample(np.random.default_rng(5), 2)
    np.testing.assert_array_equal(seen, batch.inputs_TBX[0])


def test_a_batch_shares_one_length_and_merges_again():
    env = TaskVectorEnv("copy", 3, 2, autoreset_mode="Disabled")
    env.reset(seed=0)
    env.step(env.action_space.sample())
    seen, infos = env.reset(options={"reset_mask": np.array([False, True, False]), "length": 5})
    assert infos["steps"].tolist() == [0, 12, 0]
    assert infos["_steps"].tolist() == [False, True, False]
    assert seen[:, 8].tolist() == [0, 1, 0]
    seen, infos = env.reset(seed=0)
    batch = make_task("copy").sample(np.random.default_rng(0), 3, 2)
    np.testing.assert_array_equal(seen, batch.inputs_TBX[0])


def test_rewards_after_a_partial_reset_belong_to_the_right_rows():
    task, rng = make_task("copy", symbols=7), np.random.default_rng(1)
    env = TaskVectorEnv(task, 3, 2, autoreset_mode="Disabled")
    env.reset(seed=1)
    old, mask = task.sample(rng, 3, 2), np.array([True, False, True])
    env.step(np.zeros(3, int))
    seen, _ = env.reset(options={"reset_mask": mask})
    new = task.sample(rng, 2, 2)
    returns = np.zeros(3)
    for t in range(5):
        np.testing.assert_array_equal(seen[mask], new.inputs_TBX[t])
        np.testing.assert_array_equal(seen[1], old.inputs_TBX[t + 1, 1])
        actions = np.zeros(3, int)
        actions[mask], actions[1] = new.targets_TBY[t, :, 0], old.targets_TBY[t + 1, 1, 0]
        seen, rewards, terminated, _, _ = env.step(actions)
        returns += rewards
    assert terminated.tolist() == [False, True, False]
    np.testing.assert_allclose(returns, [0.5, 1, 0.5])


def test_returned_arrays_are_never_used_again():
    env = TaskVectorEnv("copy", 2, 1, autoreset_mode="SameStep")
    env.action_space.seed(0)
    kept = [env.reset(seed=0)[0]]
    for _ in range(8):
        kept.append(env.step(env.action_space.sample())[0])
    for seen in kept:
        seen[:] = 7
    assert all(not np.shares_memory(a, b) for a in kept for b in kept if a is not b)
    assert env.step(env.action_space.sample())[0].max() <= 1


def test_gymnasiums_wrappers_count_the_episodes():
    for mode in (AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP):
        env = RecordEpisodeStatistics(TaskVectorEnv("copy", 3, 2, autoreset_mode=mode))
        env.reset(seed=0)
        for _ in range(19):
            env.step(env.action_space.sample())
        assert env.episode_count == 3 * (3 if mode is AutoresetMode.SAME_STEP else 2)
    env = DictInfoToList(TaskVectorEnv("copy", 2, 1))
    assert env.reset(seed=0)[1] == [{"scored": False, "steps": 4}] * 2


def test_make_vec_passes_options_limit_and_mode():
    env = gymnasium.make_vec(
        "memnets/copy-v0",
        num_envs=5,
        length=9,
        width=3,
        max_episode_steps=2,
        autoreset_mode=AutoresetMode.SAME_STEP,
    )
    assert isinstance(env.unwrapped, TaskVectorEnv)
    assert env.reset(seed=0)[0].shape == (5, 5)
    assert env.metadata["autoreset_mode"] is AutoresetMode.SAME_STEP
    assert [env.step(env.action_space.sample())[3].all() for _ in range(4)] == [0, 1, 0, 1]


def test_wrong_use_gets_one_clear_line():
    env = TaskVectorEnv("copy", 2, 1, autoreset_mode="Disabled")
    with pytest.raises(ResetNeeded, match="call reset"):
        env.step(env.action_space.sample())
    with pytest.raises(ResetNeeded, match="first reset must cover all"):
        env.reset(options={"reset_mask": np.array([True, False])})
    env.reset(seed=0)
    for _ in range(4):
        env.step(env.action_space.sample())
    with pytest.raises(ResetNeeded, match="call reset"):
        env.step(env.action_space.sample())
    for mask in ([True], [False, False], [1, 0]):
        with pytest.raises(ValueError, match="2 booleans, one or more of them true, are needed"):
            env.reset(options={"reset_mask": np.array(mask)})
    with pytest.raises(ValueError, match=r"no option 'lenght'\. Did you mean 'length'"):
        env.reset(options={"lenght": 2})
    with pytest.raises(ValueError, match="num_envs is 0; a whole number of at least 1 is needed"):
        TaskVectorEnv("copy", 0)
    with pytest.raises(ValueError, match="num_envs is 2.5; a whole number"):
        TaskVectorEnv("copy", 2.5)
    with pytest.raises(ValueError, match="max_episode_steps is 0; a whole number"):
        TaskVectorEnv("copy", 2, max_episode_steps=0)
    with pytest.raises(ValueError, match="length is 3.7; a whole number"):
        env.reset(options={"length": 3.7})
    with pytest.raises(ValueError, match="3 seeds for 2 environments"):
        env.reset(seed=[1, 2, 3])
    with pytest.raises(ValueError, match="seed is 1.5; one seed, or a list with one for each"):
        env.reset(seed=1.5)
    with pytest.raises(ValueError, match="render_mode is 'ansi'; None or rgb_array"):
        TaskVectorEnv("copy", 2, render_mode="ansi")
    with pytest.raises(ValueError, match="autoreset_mode is 'Sometimes'; one of NextStep"):
        TaskVectorEnv("copy", 1, autoreset_mode="Sometimes")
    options = {"reset_mask": np.array([True, True])}
    env.reset(options=options)
    assert list(options) == ["reset_mask"]


def test_numbers_of_numpy_are_seeds_like_others():
    env = TaskVectorEnv("copy", 2)
    for seed in (5, [5, 6]):
        plain_BX, _ = env.reset(seed=seed)
        numpy_BX, _ = env.reset(seed=np.asarray(seed)[()])
        assert np.array_equal(plain_BX, numpy_BX)
