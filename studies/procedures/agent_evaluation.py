"""Testing an agent: episodes that are the same at every test, under its own address and others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from memnets.addressing import OWN
from memnets.types import Rollout

from .agent_environment import environments
from .base import Row
from .load import Load, of_rows

if TYPE_CHECKING:
    from .agent_training import Agent

TEST_SEED = 1_000_003
"""Added to a trial's seed for the episodes of its tests, which are the same at every test."""


def evaluate(state: Agent, address: str = OWN) -> Row:
    """The row of a test, without the clock: return, success and the use of slots, under an address.

    Every action is the most likely one.
    """
    with state.model.policy.lstm_actor.addressed(address, seed=state.trial.seed):
        rewards, right, load = played(state)
    return {
        "kind": "test",
        "address": address,
        "episodes": len(right),
        "reward": float(np.mean(rewards)),
        "success": float(np.mean(right)),
        **load.row(),
    }


def under_other_addresses(state: Agent) -> Iterator[Row]:
    """The rows of the same test under every other address of the agent's memory.

    "soft" (whole weightings), "one slot" (their mode), "cut off" (reads of zeros), "frozen"
    (nothing that was written stays), "shuffled" (slots drawn at random). One that is its own is not
    repeated; slots that are actions are never soft; without memory there is none.
    """
    for address in state.model.policy.lstm_actor.addresses:
        yield evaluate(state, address)


def played(state: Agent) -> tuple[list[float], list[bool], Load]:
    """Returns and successes of the episodes of a test, as many from each environment, and the use
    of the slots in them.
    """
    settings = state.settings
    count = min(settings.n_envs, settings.test_episodes)
    rounds = -(-settings.test_episodes // count)
    venv = state.wrap(environments(state.trial.task, count))
    venv.seed(stretch_seed(state.trial.seed + TEST_SEED, 0))
    left = np.full(count, rounds)
    rewards: list[float] = []
    right: list[bool] = []
    observations, memory = venv.reset(), None
    starts = np.ones(count, dtype=bool)
    load = Load(state.network.cell.heads, state.network.cell.slots)

    def see(rollout: Rollout) -> None:
        load.add(of_rows(rollout.address, np.flatnonzero(left)))

    while left.any():
        with state.model.policy.lstm_actor.watched(see):
            actions, memory = state.model.predict(observations, memory, starts, deterministic=True)
        observations, _, starts, infos = venv.step(actions)
        for row in np.flatnonzero(starts & (left > 0)):
            rewards.append(float(infos[row]["episode"]["r"]))
            right.append(bool(infos[row]["is_success"]))
            left[row] -= 1
    venv.close()
    return rewards, right, load


def stretch_seed(seed: int, step: int) -> int:
    """A seed of its own for each stretch of a trial, as numpy takes them."""
    return int(np.random.SeedSequence([seed, step]).generate_state(1)[0])
