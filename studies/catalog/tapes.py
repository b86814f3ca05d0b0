"""Agents on tapes: memory in the network, memory in the environment, and none."""

from __future__ import annotations

from ..design.study import Study, studies
from ..design.trial import TaskSpec
from ..procedures.reinforcement import Reinforcement
from .recall_rl import AGENTS, own
from .recipe import FRESH

TASKS = {
    "copy": TaskSpec("tape_copy"),
    "reverse": TaskSpec("tape_reverse"),
    "reverse, with a memory tape": TaskSpec("tape_reverse_memory", {"memory_symbols": 2}),
}


@studies.register("tapes")
def tapes() -> Study:
    """Gym's tapes of two to four symbols copied, and of one to three reversed.

    Nothing that is seen says on the way back that it is one: reversing needs a memory, in the agent
    or on a second tape. "no memory, PPO" is plain PPO, with the memory tape and without it.
    """
    return Study(
        name="tapes",
        question="Does it matter whether memory lies in the agent or on a tape beside it?",
        tasks=TASKS,
        models={name: model for name, (_, model) in AGENTS.items()},
        procedure=Reinforcement(
            total_timesteps=500_000, evaluate_every=20_000, n_epochs=4, learning_rate=3e-3
        ),
        own=own(TASKS),
        seeds=FRESH[:5],
    )
