"""The vector environment: that it is many single ones, in every mode, and its own errors."""

from functools import partial

import gymnasium
import numpy as np
import pytest
from gymnasium.error import ResetNeeded
from gymnasium.utils.env_checker import data_equivalence
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from gymnasium.wrappers import TimeLimit
from gymnasium.wrappers.vector import DictInfoToList, RecordEpisodeStatistics

from envs.tapes import TapeEnv, TapeVectorEnv

from .cases import env_id, scribe, with_and_without_memory

every_mode = pytest.mark.parametrize("mode", list(AutoresetMode))
SEEDS = [4, 8, 15, 16]


def compare(ours, theirs, steps, rng, skill=0.6):
    """Step both alike, most of the time right; everything that is returned must be equal."""
    assert same(ours.reset(seed=SEEDS), theirs.reset(seed=SEEDS))
    ours.action_space.seed(0)
    episodes = 0
    for _ in range(steps):
        actions = ours.action_space.sample()
        right_B = rng.random(len(actions)) < skill
        actions[right_B, 1:3] = scribe(ours)[right_B, 1:3]
        result = ours.step(actions)
        assert same(result, theirs.step(actions))
        over_B = result[2] | result[3]
        episodes += over_B.sum()
        if over_B.any() and ours.autoreset_mode is AutoresetMode.DISABLED:
            mask = {"reset_mask": over_B}
            assert same(ours.reset(options=mask), theirs.reset(options=dict(mask)))
    return episodes


def same(ours, theirs):
    return data_equivalence(ours, theirs, exact=True)


@every_mode
@with_and_without_memory
def test_seeded_each_it_is_gymnasiums_own_vector_of_single_ones(name, memory, mode):
    options = {"memory": memory, "curriculum": True}
    ours = TapeVectorEnv(name, 4, autoreset_mode=mode, **options)
    theirs = SyncVectorEnv([partial(TapeEnv, name, **options)] * 4, autoreset_mode=mode)
    assert compare(ours, theirs, 80, np.random.default_rng(0)) > 8
    some, seeds = {"reset_mask": np.array([False, True, True, False])}, [7, None, 9, 10]
    assert same(ours.reset(seed=seeds, options=some), theirs.reset(seed=seeds, options=dict(some)))
    longer = {"length": 7}
    assert same(ours.reset(seed=SEEDS, options=longer), theirs.reset(seed=SEEDS, options=longer))


@every_mode
def test_it_applies_the_time_limit_itself(mode):
    def limited():
        return TimeLimit(TapeEnv("rlntm_reverse", memory=True), 7)

    ours = TapeVectorEnv("rlntm_reverse", 4, memory=True, max_episode_steps=7, autoreset_mode=mode)
    theirs = SyncVectorEnv([limited] * 4, autoreset_mode=mode)
    assert compare(ours, theirs, 60, np.random.default_rng(1), skill=0.2) > 8


@every_mode
def test_curricula_rise_as_in_single_ones(mode):
    ours = TapeVectorEnv("duplicated_input", 4, curriculum=True, autoreset_mode=mode)
    single = partial(TapeEnv, "duplicated_input", curriculum=True)
    theirs = SyncVectorEnv([single] * 4, autoreset_mode=mode)
    compare(ours, theirs, 250, np.random.default_rng(2), skill=0.99)
    assert ours.episodes.infos()["min_length"].max() > 3


@with_and_without_memory
def test_the_oracle_earns_all_that_there_is(name, memory):
    env = gymnasium.make_vec(
        env_id(name, memory), num_envs=6, autoreset_mode=AutoresetMode.SAME_STEP
    ).unwrapped
    assert isinstance(env, TapeVectorEnv)
    env.reset(seed=0)
    episodes = 0
    while episodes < 30:
        best_B = env.episodes.tapes.target_lengths_B.copy()
        earned_B = env.episodes.tapes.returns_B.copy()
        _, rewards_B, over_B, truncated_B, infos = env.step(scribe(env))
        assert not truncated_B.any()
        np.testing.assert_array_equal((earned_B + rewards_B)[over_B], best_B[over_B])
        if over_B.any():
            assert infos["final_info"]["is_success"][over_B].all()
        episodes += over_B.sum()


@with_and_without_memory
def test_one_seed_repeats_all_that_follows(name, memory):
    def play(env, seed):
        env.action_space.seed(0)
        steps = [env.reset(seed=seed)]
        steps += [env.step(env.action_space.sample()) for _ in range(30)]
        return str(steps)

    used = TapeVectorEnv(name, 3, memory=memory, curriculum=True)
    first = play(used, 5)
    assert play(used, 5) == first == play(TapeVectorEnv(name, 3, memory=memory, curriculum=True), 5)
    assert play(used, 6) != first
    used.reset(seed=[1, 2, 3])
    assert play(used, 5) == first


@with_and_without_memory
def test_spaces_shapes_and_types(name, memory):
    env = TapeVectorEnv(name, 3, memory=memory)
    seen, _ = env.reset(seed=0)
    assert env.observation_space.contains(seen)
    seen, rewards, terminated, truncated, _ = env.step(env.action_space.sample())
    assert env.observation_space.contains(seen)
    assert (rewards.shape, rewards.dtype) == ((3,), np.float64)
    assert (terminated.dtype, truncated.dtype) == (bool, bool)


def test_returned_arrays_are_never_used_again():
    env = TapeVectorEnv("copy", 2, memory=True, autoreset_mode="SameStep")
    env.action_space.seed(0)
    kept = [env.reset(seed=0)]
    kept += [env.step(env.action_space.sample()) for _ in range(20)]
    before = str(env.episodes.infos()), env.episodes.machine.observe().tolist()
    arrays = [array for one in kept for array in one if isinstance(array, np.ndarray)]
    arrays += [array for one in kept for array in one[-1].values() if array is not one[-1]]
    for array in arrays:
        if isinstance(array, np.ndarray):
            array[:] = 0
    assert (str(env.episodes.infos()), env.episodes.machine.observe().tolist()) == before


def test_gymnasiums_wrappers_count_the_episodes():
    for mode in (AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP):
        env = RecordEpisodeStatistics(TapeVectorEnv("copy", 3, autoreset_mode=mode))
        env.reset(seed=0)
        ends = 0
        for _ in range(40):
            ends += env.step(env.unwrapped.action_space.sample())[2].sum()
        assert env.episode_count == ends > 20
    env = DictInfoToList(TapeVectorEnv("copy", 2, 4))
    infos = env.reset(seed=0)[1]
    assert infos == [{"length": 4, "min_length": 2, "is_success": False}] * 2


def test_make_vec_passes_options_limit_and_mode():
    env = gymnasium.make_vec("memnets/tape_copy-v0", num_envs=5, base=3, length=9)
    assert env.unwrapped.max_episode_steps == 200
    assert env.reset(seed=0)[1]["length"].tolist() == [9] * 5
    env = gymnasium.make_vec(
        "memnets/tape_copy-v0",
        num_envs=2,
        max_episode_steps=2,
        autoreset_mode=AutoresetMode.SAME_STEP,
    )
    env.reset(seed=0)
    still = np.zeros((2, 3), np.int64)
    assert [env.step(still)[3].all() for _ in range(4)] == [False, True, False, True]


def test_wrong_use_gets_one_clear_line():
    env = TapeVectorEnv("copy", 2, autoreset_mode="Disabled")
    still = np.zeros((2, 3), np.int64)
    with pytest.raises(ResetNeeded, match="call reset"):
        env.step(still)
    with pytest.raises(ResetNeeded, match="first reset must cover all"):
        env.reset(options={"reset_mask": np.array([True, False])})
    env.reset(seed=0)
    with pytest.raises(ValueError, match=r"the action \[0, 2, 0\] is out of range; each part"):
        env.step(still + [0, 2, 0])
    wrong = scribe(env)
    wrong[:, 2] = (wrong[:, 2] + 1) % 5
    env.step(wrong)
    with pytest.raises(ResetNeeded, match="call reset"):
        env.step(still)
    with pytest.raises(ValueError, match="2 booleans, one or more of them true, are needed"):
        env.reset(options={"reset_mask": np.array([False, False])})
    with pytest.raises(ValueError, match=r"no option 'lenght'\. Did you mean 'length'"):
        env.reset(options={"lenght": 2})
    with pytest.raises(ValueError, match="TapeVectorEnv: 3 seeds for 2 environments"):
        env.reset(seed=[1, 2, 3])
    with pytest.raises(ValueError, match="TapeVectorEnv: num_envs is 0; a whole number"):
        TapeVectorEnv("copy", 0)
    with pytest.raises(ValueError, match="max_episode_steps is 0; a whole number"):
        TapeVectorEnv("copy", 2, max_episode_steps=0)
    with pytest.raises(ValueError, match="render_mode is 'human'; None or ansi or rgb_array"):
        TapeVectorEnv("copy", 2, render_mode="human")
