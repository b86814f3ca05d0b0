"""One rollout and update of RecurrentPPO with a memory in its policy, ready to be timed."""

from __future__ import annotations

import warnings

from memnets.backends import BackendFallback, choose

from ..design.trial import TaskSpec
from ..procedures import agents
from ..procedures.agent_environment import environments
from ..procedures.reinforcement import Reinforcement
from .timing import NotCovered, Timer, clocked
from .training_step import Point


def first_step(point: Point, backend: str, n_steps: int, n_epochs: int) -> Timer:
    """Build an agent and make its first rollout and update, which may compile kernels.

    `point` is the memory, its `batch` environments and the blanks of delayed recall. Raises
    NotCovered where the backend would fall back to the reference.
    """
    lengths = {"kept": 1, "min_length": point.length, "max_length": point.length}
    settings = Reinforcement(n_envs=point.batch, n_steps=n_steps, n_epochs=n_epochs)
    tasks = environments(TaskSpec("delayed_recall", lengths), point.batch)
    learner, _ = agents.agent(settings, point.trial.model, tasks, "cpu")
    network = learner.policy.lstm_actor.network
    network.backend = backend
    choice = choose(network, backend)
    if backend not in ("auto", "reference") and choice.backend == "reference":
        raise NotCovered(choice.reason)
    step = clocked(lambda: learner.learn(n_steps * point.batch, reset_num_timesteps=False))
    with warnings.catch_warnings():
        # some models turn out not to be covered only when they run
        warnings.simplefilter("error", BackendFallback)
        try:
            step(1)
        except BackendFallback as fallback:
            raise NotCovered(str(fallback)) from fallback
    return step
