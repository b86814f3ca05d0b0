"""Tapes as environments by name, those of others included."""

from dataclasses import dataclass

import gymnasium
import numpy as np

from envs import register_envs
from envs.tapes import TapeEnv, TapeTask, TapeVectorEnv, tapes
from envs.tapes.base import copied, places

from .cases import env_id, scribe, with_and_without_memory


@with_and_without_memory
def test_every_tape_is_an_environment_single_and_many(name, memory):
    spec = gymnasium.spec(env_id(name, memory))
    assert isinstance(spec.entry_point, str) and isinstance(spec.vector_entry_point, str)
    env = gymnasium.make(spec.id)
    assert isinstance(env.unwrapped, TapeEnv)
    assert len(env.action_space.nvec) == (6 if memory else 3)
    assert gymnasium.make(env.spec).unwrapped.task == env.unwrapped.task
    assert isinstance(gymnasium.make_vec(spec.id, num_envs=2).unwrapped, TapeVectorEnv)


def test_a_tape_registered_later_needs_no_more_than_one_call():
    @tapes.register("first")
    @dataclass(frozen=True, kw_only=True)
    class First(TapeTask):
        """Write the first symbol as often as there are symbols."""

        base: int = 4
        min_length: int = 2

        def draw(self, rng, lengths_B):
            return rng.integers(self.base, size=(len(lengths_B), lengths_B.max(), 1))

        def target(self, inputs_BXY, lengths_B):
            return copied(inputs_BXY, 0 * places(lengths_B), lengths_B)

    ids = [env_id("first", memory) for memory in (False, True)]
    try:
        register_envs()
        for one in ids:
            assert gymnasium.spec(one).max_episode_steps is None
            env = gymnasium.make(one, base=7).unwrapped
            env.reset(options={"tape": [5, 1, 6]})
            assert [env.step(scribe(env)[0])[1] for _ in range(3)] == [1.0] * 3
            assert env._info()["is_success"]
            many = gymnasium.make_vec(one, num_envs=3, length=4)
            many.reset(seed=0)
            assert (many.step(scribe(many.unwrapped))[1] == np.ones(3)).all()
    finally:
        del tapes._registered["first"]
        for one in ids:
            gymnasium.registry.pop(one, None)
