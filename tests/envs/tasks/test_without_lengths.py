"""A task whose sequences have no length to choose is a task like others."""

import gymnasium
import numpy as np
import pytest

from envs import Batch, Bits, Task, TaskEnv, TaskVectorEnv, register_envs, tasks
from envs.tasks.base import NoLengths


@pytest.fixture
def coin():
    """A registered task: remember one bit over two steps."""

    @tasks.register("coin")
    class Coin(Task):
        """Give back a bit one step later."""

        input_size = 1
        answer = Bits(1)

        def sample(self, rng, batch_size):
            bits_TBX = np.zeros((2, batch_size, 1), np.float32)
            bits_TBX[0] = rng.integers(2, size=(batch_size, 1))
            mask_TB = np.array([[False], [True]]).repeat(batch_size, 1)
            return Batch(bits_TBX, bits_TBX[::-1].copy(), mask_TB)

        def chance_bits(self, length=None):
            return 1.0

    yield Coin()
    del tasks._registered["coin"]
    tasks._found.pop("coin", None)


def test_it_is_sampled_and_listed(coin):
    assert "coin" in tasks and tasks.summary("coin") == "Give back a bit one step later."
    assert coin.sample(np.random.default_rng(0), 3).mask_TB.sum() == 3


def test_it_is_an_environment_by_name(coin):
    register_envs()
    try:
        env = gymnasium.make("memnets/coin-v0")
        assert env.reset(seed=0)[1] == {"scored": False, "steps": 2}
        many = gymnasium.make_vec("memnets/coin-v0", num_envs=3)
        seen, _ = many.reset(seed=0)
        many.step(np.zeros((3, 1), np.int8))
        _, rewards, ended, *_ = many.step(seen.astype(np.int8))
        assert ended.all() and (rewards == 1).all()
    finally:
        del gymnasium.registry["memnets/coin-v0"]


def test_a_length_that_is_asked_for_is_refused_in_one_line(coin):
    refusal = r"^Coin.reset: no option 'length'. Known: none.$"
    for env in (TaskEnv(coin, length=4), TaskVectorEnv(coin, length=4)):
        with pytest.raises(ValueError, match=refusal):
            env.reset()
    with pytest.raises(ValueError, match=refusal):
        TaskEnv(coin).reset(options={"length": 4})
    for ask in (lambda: coin.lengths, lambda: coin.test_lengths):
        with pytest.raises(NoLengths, match="Coin has no lengths to choose from."):
            ask()
