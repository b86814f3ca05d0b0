"""Agents that must remember: memories under PPO, with slots as actions, and over whole episodes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from memnets.spec import ModelSpec

from ..design.study import Own, Study, studies
from ..design.trial import TaskSpec
from ..procedures.reinforcement import Reinforcement
from .recipe import FRESH

SIZES: dict[str, Any] = {"controller_size": 32}
MEMORY = {"slots": 8, "width": 16}

# at PPO's rate one of two seeds came to answer the same for every symbol
EPISODIC = {"algorithm": "episodic_reinforce", "learning_rate": 1e-3, "ent_coef": 0.03}

AGENTS: dict[str, tuple[dict[str, Any], ModelSpec]] = {
    "no memory, PPO": ({}, ModelSpec("none", controller="feedforward", **SIZES)),
    "LSTM, PPO": ({}, ModelSpec("none", **SIZES)),
    "NTM, PPO": ({}, ModelSpec("ntm", cell_options=MEMORY, **SIZES)),
    "NTM, slots as actions": (
        {"algorithm": "address_ppo"},
        ModelSpec("ntm", "reinforce", cell_options=MEMORY, **SIZES),
    ),
    "D-NTM, slots as actions": (
        {"algorithm": "address_ppo"},
        ModelSpec("dntm", "reinforce", cell_options=MEMORY, **SIZES),
    ),
    "NTM, whole episodes": (
        EPISODIC,
        ModelSpec("ntm", "reinforce", cell_options=MEMORY, **SIZES),
    ),
}
"""Own settings and models, by what reports call them; chosen on seeds 0 and 1."""


def own(tasks: Iterable[str]) -> Own:
    """The settings of each agent that differ, on all of these tasks."""
    agents = [(name, settings) for name, (settings, _) in AGENTS.items() if settings]
    return {(task, name): settings for task in tasks for name, settings in agents}


@studies.register("recall_rl")
def recall_rl() -> Study:
    """Delayed recall of one symbol out of four, and copying up to two, by reinforcement alone."""
    tasks = {
        "delayed recall": TaskSpec(
            "delayed_recall", {"symbols": 4, "kept": 1, "min_length": 3, "max_length": 3}
        ),
        "copy": TaskSpec("copy", {"symbols": 3, "max_length": 2}),
    }
    return Study(
        name="recall_rl",
        question="Can an agent learn what to keep in memory from rewards alone?",
        tasks=tasks,
        models={name: model for name, (_, model) in AGENTS.items()},
        procedure=Reinforcement(
            total_timesteps=300_000, evaluate_every=10_000, n_epochs=4, learning_rate=3e-3
        ),
        own=own(tasks),
        seeds=FRESH[:5],
    )
