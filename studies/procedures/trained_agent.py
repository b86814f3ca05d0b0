"""The agent of a checkpoint file, for tests outside of its study."""

from __future__ import annotations

import json
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from memnets.file_names import names_from_file
from memnets.registry import NotFromFile

from ..design.data import BadData
from ..design.trial import TaskSpec, Trial
from .base import BadCheckpoint
from .reinforcement import Reinforcement

if TYPE_CHECKING:
    from .agent_training import Agent


def trained_agent(path: str | PathLike[str], device: str = "cpu") -> Agent | None:
    """The agent of a checkpoint file; None where the file is no checkpoint of an agent.

    Raises BadData where it is one and cannot be used. Reading a checkpoint runs nothing of its
    choice. Seeds torch and numpy.
    """
    file = Path(path)
    try:
        # by mmap nothing is read of the tensors
        held = torch.load(file, map_location="cpu", weights_only=True, mmap=True)
        with names_from_file():
            trial = Trial.from_json(json.loads(held["trial"]), str(file))
    # what is no checkpoint can fail in any way
    except Exception:
        return None
    if not isinstance(trial.procedure, Reinforcement):
        return None
    from .agent_training import Agent

    try:
        with names_from_file():
            agent = Agent.start(trial, trial.procedure, device)
        agent.restore(file.read_bytes())
    except NotFromFile as error:
        raise BadData(f"{file} cannot be used: {error.args[0]}") from error
    except BadCheckpoint as error:
        raise BadData(f"{file} cannot be used: {error}.") from error
    agent.model.env.close()
    return agent


def on(agent: Agent, task: TaskSpec, episodes: int, seed: int) -> Agent:
    """The agent for tests of so many episodes of an environment, by the seed of a trial.

    Raises BadData where it sees or does other things there than where it was trained.
    """
    own, other = agent.settings.task(agent.trial.task), agent.settings.task(task)
    for made in (own, other):
        made.close()
    for what, here, there in (
        ("observations", own.observation_space, other.observation_space),
        ("actions", own.action_space, other.action_space),
    ):
        if here != there:
            raise BadData(f"the agent was trained with {what} {here}; there they are {there}.")
    settings = replace(agent.settings, test_episodes=episodes)
    return replace(agent, trial=replace(agent.trial, task=task, seed=seed), settings=settings)
