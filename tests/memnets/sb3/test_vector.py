"""gymnasium's vectors under stable-baselines3."""

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from gymnasium.wrappers import TimeLimit
from stable_baselines3.common.vec_env import DummyVecEnv, VecMonitor

from memnets.sb3 import FromVector

from .environments import Recall


def vector(make, count=3, mode=AutoresetMode.SAME_STEP):
    return SyncVectorEnv([make] * count, autoreset_mode=mode)


@pytest.mark.parametrize("make", [Recall, lambda: TimeLimit(Recall(delay=9), 4)])
def test_it_is_the_vector_of_stable_baselines3_step_for_step(make):
    ours, theirs = FromVector(vector(make)), DummyVecEnv([make] * 3)
    for venv in (ours, theirs):
        venv.seed(5)
    np.testing.assert_array_equal(ours.reset(), theirs.reset())
    rng, ended = np.random.default_rng(0), 0
    for _ in range(20):
        actions = rng.integers(3, size=3)
        found, expected = ours.step(actions), theirs.step(actions)
        for one, other in zip(found[:3], expected[:3], strict=True):
            np.testing.assert_array_equal(one, other)
        for info, wanted, done in zip(found[3], expected[3], found[2], strict=True):
            assert info["TimeLimit.truncated"] == wanted["TimeLimit.truncated"] if done else True
            if done:
                ended += 1
                last = info["terminal_observation"], wanted["terminal_observation"]
                np.testing.assert_array_equal(*last)
            assert info.get("is_success") == wanted.get("is_success")
    assert ended > 3


def test_a_native_vector_of_a_task_is_monitored():
    import envs  # noqa: F401

    native = gym.make_vec(
        "memnets/copy-v0",
        4,
        vectorization_mode="vector_entry_point",
        autoreset_mode=AutoresetMode.SAME_STEP,
        symbols=3,
        max_length=1,
    )
    venv = VecMonitor(FromVector(native))
    venv.seed(1)
    assert venv.reset().shape == (4, *native.single_observation_space.shape)
    lengths = []
    for _ in range(9):
        _, _, dones, infos = venv.step(np.zeros(4, dtype=int))
        lengths += [info["episode"]["l"] for info, done in zip(infos, dones, strict=True) if done]
    assert lengths == [4] * 8


def test_other_ways_of_beginning_anew_are_refused():
    with pytest.raises(ValueError, match="autoreset_mode=AutoresetMode.SAME_STEP"):
        FromVector(vector(Recall, mode=AutoresetMode.NEXT_STEP))


def test_options_reach_the_environments_once():
    given = []

    class Watched(Recall):
        def reset(self, *, seed=None, options=None):
            given.append(options)
            return super().reset(seed=seed, options=options)

    venv = FromVector(vector(Watched, 2))
    venv.set_options({"hint": 1})
    venv.reset()
    venv.reset()
    assert given == [{"hint": 1}] * 2 + [None] * 2
    venv.set_options([{"hint": 1}, {"hint": 2}])
    with pytest.raises(ValueError, match="one set of options for all environments"):
        venv.reset()
