"""Training and testing an agent, from evaluation to evaluation."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from stable_baselines3.common.utils import set_random_seed

from memnets.network import MemoryNetwork

from .agent_environment import environments
from .agent_evaluation import evaluate, stretch_seed, under_other_addresses
from .agents import Wrap, agent
from .base import BadCheckpoint, Outcome, Recorder, Row
from .checkpoint import fit, read, written
from .facts import of_network
from .loop import run_to_end

if TYPE_CHECKING:
    from ..design.trial import Trial
    from .reinforcement import Reinforcement

COUNTERS = ("step", "seconds", "solved")
ENTRIES = {"id", "trial", "policy", "optimiser", *COUNTERS}
FIRST = 2**32
"""In place of a step: the seed of the first weights, which no stretch of training shares."""


@dataclass
class Agent:
    """A trial in the course of its training; environments begin anew with each stretch of it."""

    trial: Trial
    settings: Reinforcement
    model: Any
    wrap: Wrap
    step: int = 0
    seconds: float = 0.0
    solved: dict[str, Any] | None = None

    @classmethod
    def start(cls, trial: Trial, settings: Reinforcement, device: str) -> Agent:
        """A trial before its first step; seeds torch and numpy."""
        set_random_seed(stretch_seed(trial.seed, FIRST))
        training = environments(trial.task, settings.n_envs)
        model, wrap = agent(settings, trial.model, training, device)
        return cls(trial, settings, model, wrap)

    @property
    def network(self) -> MemoryNetwork:
        """The memory of the policy."""
        network: MemoryNetwork = self.model.policy.lstm_actor.network
        return network

    @property
    def over(self) -> bool:
        """Whether there is nothing left to train."""
        return self.solved is not None or self.step >= self.settings.total_timesteps

    @property
    def due(self) -> bool:
        """Always: a stretch of training ends with an evaluation."""
        return True

    @property
    def clock(self) -> Row:
        """Steps and seconds so far: the first columns of every row."""
        return {"step": self.step, "seconds": self.seconds}

    def checkpoint(self) -> bytes:
        """All of it, in one piece."""
        data = {name: getattr(self, name) for name in COUNTERS}
        data |= {
            "id": self.trial.id,
            "trial": json.dumps(self.trial.to_json()),
            "policy": self.model.policy.state_dict(),
            "optimiser": self.model.policy.optimizer.state_dict(),
        }
        return written(data)

    def restore(self, checkpoint: bytes) -> None:
        """Go on from a checkpoint of the same trial; raises BadCheckpoint where it is none."""
        data = read(checkpoint, self.model.device, ENTRIES)
        if data["id"] != self.trial.id:
            raise BadCheckpoint(f"it is of trial {data['id']}, not of {self.trial.id}")
        fit(self.model.policy, data["policy"])
        fit(self.model.policy.optimizer, data["optimiser"])
        for name in COUNTERS:
            setattr(self, name, data[name])
        self.model.num_timesteps = self.step


def train_agent(trial: Trial, settings: Reinforcement, recorder: Recorder) -> Outcome:
    """Train and test an agent, or go on with that."""
    state = Agent.start(trial, settings, recorder.device)
    run_to_end(state, recorder, stretch, evaluated)
    told = {
        **of_network(state.network),
        **state.clock,
        "timesteps": state.step,
        "timesteps_per_second": state.step / max(state.seconds, 1e-9),
        "solved": state.solved,
    }
    return Outcome(told, {})


def stretch(state: Agent) -> None:
    """Train up to the next evaluation, from environments that begin anew, seeded by the step."""
    settings, model = state.settings, state.model
    goal = min(state.step + settings.evaluate_every, settings.total_timesteps)
    model.set_random_seed(stretch_seed(state.trial.seed, state.step))
    model.ep_info_buffer = model.ep_success_buffer = model._last_obs = None
    started = time.perf_counter()
    model.learn(goal - state.step, reset_num_timesteps=state.step == 0)
    state.seconds += time.perf_counter() - started
    state.step = model.num_timesteps


def evaluated(state: Agent) -> Iterator[Row]:
    """The rows of an evaluation: of the episodes trained on lately, and of a test.

    At the end of the training, of tests under every other address as well.
    """
    lately = state.model.ep_info_buffer
    successes = list(state.model.ep_success_buffer)
    yield {
        **state.clock,
        "kind": "train",
        "episodes": len(lately),
        "reward": _mean([episode["r"] for episode in lately]),
        "success": _mean(successes),
    }
    own = evaluate(state)
    bound, success = state.settings.solved_success, own["success"]
    if bound is not None and success >= bound:
        state.solved = {**state.clock, "success": success}
    yield {**state.clock, **own}
    if state.over:
        yield from ({**state.clock, **row} for row in under_other_addresses(state))


def _mean(values: list[float] | deque[float]) -> float | None:
    return float(np.mean(values)) if len(values) else None
