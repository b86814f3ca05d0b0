"""Registers every task and every tape task as gymnasium environments, under their names."""

from __future__ import annotations

import difflib
from typing import Any

import gymnasium
from gymnasium.vector import VectorEnv

from memnets.registry import UnknownName

from .tapes.base import tapes
from .tasks.base import tasks

GYM_THRESHOLDS = {
    "copy": 25.0,
    "duplicated_input": 9.0,
    "repeat_copy": 75.0,
    "reverse": 25.0,
    "reversed_addition": 25.0,
    "reversed_addition3": 25.0,
}
"""The reward thresholds of gym's six; they are for its curriculum, and none below length 25."""
GYM_STEPS = 200
"""The time limit that gym had around its six, besides that of the task."""


def register_envs() -> None:
    """Register all that is known, without importing it.

    Each task is `memnets/<task>-v0`. Each tape task is `memnets/tape_<tape>-v0`, and with a memory
    tape `memnets/tape_<tape>_memory-v0`. `import envs` calls this. Call it again for a task that is
    registered later.
    """
    for name in tasks:
        _register(name, "envs.env:TaskEnv", "envs.vector_env:TaskVectorEnv", {"task": name})
    for name in tapes:
        limits = {}
        if name in GYM_THRESHOLDS:
            limits = {"reward_threshold": GYM_THRESHOLDS[name], "max_episode_steps": GYM_STEPS}
        for env_id, options in ((f"tape_{name}", {}), (f"tape_{name}_memory", {"memory": True})):
            _register(
                env_id,
                "envs.tapes.env:TapeEnv",
                "envs.tapes.vector_env:TapeVectorEnv",
                {"tape": name, **options},
                **limits,
            )


def vector_env(name: str, num_envs: int, **options: Any) -> VectorEnv[Any, Any, Any]:
    """The native vector environment `memnets/<name>-v0`; raises UnknownName with the nearest."""
    if f"memnets/{name}-v0" not in gymnasium.registry:
        known = [spec.name for spec in gymnasium.registry.values() if spec.namespace == "memnets"]
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
        hint = f"Did you mean {' or '.join(map(repr, near))}?" if near else "See memnets list."
        raise UnknownName(f"no environment {name!r}. {hint}")
    return gymnasium.make_vec(
        f"memnets/{name}-v0", num_envs, vectorization_mode="vector_entry_point", **options
    )


def _register(
    name: str, entry_point: str, vector_entry_point: str, kwargs: dict[str, Any], **limits: Any
) -> None:
    env_id = f"memnets/{name}-v0"
    if env_id in gymnasium.registry:
        return
    try:
        gymnasium.register(
            env_id,
            entry_point=entry_point,
            vector_entry_point=vector_entry_point,
            kwargs=kwargs,
            **limits,
        )
    # the name of a plug-in that gymnasium refuses must not break the other tasks
    except gymnasium.error.Error:
        return
