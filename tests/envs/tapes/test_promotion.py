"""The curriculum of the tapes: what promotes, by recorded episodes of gym."""

import numpy as np
import pytest

from envs.tapes import TapeEnv, make_tape
from envs.tapes.promotion import Promotion

from .cases import scribe
from .recorded import NAMES, RECORDED


@pytest.mark.parametrize("name", RECORDED["perfect"])
def test_perfect_play_is_promoted_as_recorded(name):
    env = TapeEnv(NAMES[name], curriculum=True)
    env.reset(seed=0)
    for shortest, episodes in RECORDED["perfect"][name]:
        for _ in range(episodes):
            info = env._info()
            assert info["min_length"] == shortest
            longest = env.task.columns(np.array([shortest + 2]))[0]
            assert env.task.columns(np.array([shortest]))[0] <= info["length"] <= longest
            solve(env)
            assert env._info()["is_success"]
            env.reset()


@pytest.mark.parametrize("case", RECORDED["shortfalls"], ids=str)
def test_shortfalls_promote_as_recorded(case):
    promotion = Promotion(make_tape(NAMES[case["env"]]), 1, True)
    found = []
    for episode in range(160):
        found.append(int(promotion.shortest_B[0]))
        shortfall = case["pattern"][episode % len(case["pattern"])]
        promotion.count(slice(None), np.array([shortfall]), np.array([True]))
    assert found == [length for length, episodes in case["min_length"] for _ in range(episodes)]


def solve(env):
    while not env.step(scribe(env)[0])[2]:
        pass


def test_the_first_reset_counts_no_episode():
    env = TapeEnv("copy", curriculum=True)
    env.reset()
    for shortest in [2] * 9 + [3]:
        solve(env)
        assert env.reset()[1]["min_length"] == shortest


def test_a_seed_forgets_good_episodes():
    env = TapeEnv("copy", curriculum=True)
    env.reset()
    for seed in [None] * 8 + [0]:
        solve(env)
        env.reset(seed=seed)
    for shortest in [2] * 9 + [3]:
        solve(env)
        assert env.reset()[1]["min_length"] == shortest


def test_an_episode_that_is_broken_off_is_counted():
    env = TapeEnv("copy", curriculum=True)
    env.reset(seed=0)
    for episode in range(19):
        if episode != 9:
            solve(env)
        env.reset()
    assert env._info()["min_length"] == 2
    solve(env)
    assert env.reset()[1]["min_length"] == 3


def test_the_curriculum_is_off_unless_asked_for_and_no_instance_knows_of_another():
    env, other = TapeEnv("copy", curriculum=True), TapeEnv("copy", curriculum=True)
    plain = TapeEnv("copy")
    for one in (env, plain):
        one.reset(seed=0)
        for _ in range(10):
            solve(one)
            one.reset()
    assert (env._info()["min_length"], plain._info()["min_length"]) == (3, 2)
    assert other.reset(seed=0)[1]["min_length"] == 2
    assert env.reset(seed=0)[1]["min_length"] == 2
