"""Agents on tapes: memory in the network, memory in the environment, and none."""

from __future__ import annotations

from typing import Any

from ..design.study import Own, Study, studies
from ..design.trial import TaskSpec
from ..procedures.reinforcement import Reinforcement
from .recall_rl import AGENTS, own
from .recipe import FRESH

# with two symbols, or with tapes of one, to write blindly pays more than to walk on
REVERSE = {"base": 5, "min_length": 2}
TASKS = {
    "copy": TaskSpec("tape_copy"),
    "reverse": TaskSpec("tape_reverse", REVERSE),
    "reverse, with a memory tape": TaskSpec(
        "tape_reverse_memory", {**REVERSE, "memory_symbols": 2}
    ),
}
# what is seen does not tell the state, so returns are not made of values of what is seen
WHOLE_RETURNS: dict[str, Any] = {
    "gamma": 1.0,
    "gae_lambda": 1.0,
    "n_steps": 32,
    "batch_size": 1024,
    "ent_coef": 0.05,
    "learning_rate": 1e-3,
}
OWN: Own = {
    **own(TASKS),
    **{
        (task, name): {**WHOLE_RETURNS, **settings}
        for task in TASKS
        if task.startswith("reverse")
        for name, (settings, _) in AGENTS.items()
        if settings.get("algorithm") != "episodic_reinforce"
    },
}
"""The settings of each agent that differ; chosen on seeds 0 and 1."""


@studies.register("tapes")
def tapes() -> Study:
    """Gym's tapes of two to four symbols copied, and reversed.

    Nothing that is seen says on the way back that it is one: reversing needs a memory, in the agent
    or on a second tape. "no memory, PPO" is plain PPO, with the memory tape and without it. Tapes
    to reverse have five symbols and at least two columns, where gym's have two and one.
    """
    return Study(
        name="tapes",
        question="Does it matter whether memory lies in the agent or on a tape beside it?",
        tasks=TASKS,
        models={name: model for name, (_, model) in AGENTS.items()},
        procedure=Reinforcement(
            total_timesteps=500_000, evaluate_every=20_000, n_epochs=4, learning_rate=3e-3
        ),
        own=OWN,
        seeds=FRESH[:5],
    )
