"""Resets of the vector environment against gymnasium's own, in every autoreset mode."""

from functools import partial

import numpy as np
import pytest
from gymnasium.utils.env_checker import data_equivalence
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from gymnasium.wrappers import TimeLimit

from envs import TaskEnv, TaskVectorEnv

from .cases import every_task

every_mode = pytest.mark.parametrize("mode", list(AutoresetMode))


@every_mode
@every_task
def test_one_environment_is_gymnasiums_own_vector_of_one(name, options, mode):
    ours = TaskVectorEnv(name, 1, autoreset_mode=mode, **options)
    theirs = SyncVectorEnv([partial(TaskEnv, name, **options)], autoreset_mode=mode)
    assert same(ours.reset(seed=9), theirs.reset(seed=9))
    ours.action_space.seed(0)
    episodes = 0
    while episodes < 3:
        actions = ours.action_space.sample()
        result = ours.step(actions)
        assert same(result, theirs.step(actions))
        over = result[2] | result[3]
        episodes += over.any()
        if over.any() and mode is AutoresetMode.DISABLED:
            mask = {"reset_mask": over}
            assert same(ours.reset(options=mask), theirs.reset(options=dict(mask)))


def same(ours, theirs):
    return data_equivalence(ours, theirs, exact=True)


@every_mode
def test_a_list_of_seeds_is_gymnasiums_own_vector_of_many(mode):
    ours = TaskVectorEnv("copy", 3, max_length=4, autoreset_mode=mode)
    theirs = SyncVectorEnv([partial(TaskEnv, "copy", max_length=4)] * 3, autoreset_mode=mode)
    assert same(ours.reset(seed=[1, 2, 3]), theirs.reset(seed=[1, 2, 3]))
    for _ in range(30):
        actions = ours.action_space.sample()
        result = ours.step(actions)
        assert same(result, theirs.step(actions))
        over = result[2] | result[3]
        if over.any() and mode is AutoresetMode.DISABLED:
            mask = {"reset_mask": over}
            assert same(ours.reset(options=mask), theirs.reset(options=dict(mask)))
    some = {"reset_mask": np.array([False, True, True])}
    seeds = [7, None, 9]
    assert same(ours.reset(seed=seeds, options=some), theirs.reset(seed=seeds, options=dict(some)))


@every_mode
def test_the_pattern_of_many_with_a_time_limit_is_gymnasiums(mode):
    def limited():
        return TimeLimit(TaskEnv("copy", length=2), 5)

    ours = TaskVectorEnv("copy", 4, 2, max_episode_steps=5, autoreset_mode=mode)
    theirs = SyncVectorEnv([limited] * 4, autoreset_mode=mode)
    compare_patterns(ours, theirs, mode, lambda step: None)


@every_mode
def test_the_pattern_of_staggered_resets_is_gymnasiums(mode):
    masks = {2: [1, 0, 0, 1], 4: [0, 1, 0, 0], 9: [1, 1, 0, 0], 10: [0, 0, 1, 1]}
    ours = TaskVectorEnv("copy", 4, 2, autoreset_mode=mode)
    theirs = SyncVectorEnv([partial(TaskEnv, "copy", 2)] * 4, autoreset_mode=mode)
    compare_patterns(ours, theirs, mode, masks.get)


def compare_patterns(ours, theirs, mode, mask_at):
    """Step both, with resets by `mask_at`; compares all but the vectors that are drawn."""
    assert pattern(ours.reset(seed=0)) == pattern(theirs.reset(seed=0))
    for step in range(40):
        actions = ours.action_space.sample()
        result = ours.step(actions)
        assert pattern(result) == pattern(theirs.step(actions))
        mask = np.array(mask_at(step) or [0, 0, 0, 0], bool)
        if mode is AutoresetMode.DISABLED:
            mask |= result[2] | result[3]
        if mask.any():
            options = {"reset_mask": mask}
            assert pattern(ours.reset(options=options)) == pattern(
                theirs.reset(options=dict(options))
            )


def pattern(result):
    seen, *step, infos = result
    over = [flags.tolist() for flags in step[1:]]
    return seen[:, 8:].tolist(), over, plain(infos)


def plain(infos):
    """Infos without the drawn vectors: of a last observation only the delimiters."""
    if isinstance(infos, dict):
        return {
            key: [None if last is None else last[8:].tolist() for last in value]
            if key == "final_obs"
            else plain(value)
            for key, value in sorted(infos.items())
            if key != "TimeLimit.truncated"
        }
    return infos.tolist()
