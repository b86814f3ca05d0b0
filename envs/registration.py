"""Registers every task as a gymnasium environment, under its name."""

from __future__ import annotations

import gymnasium

from .tasks.base import tasks


def register_envs() -> None:
    """Register each known task as `memnets/<task>-v0`, without importing it.

    `import envs` calls this. Call it again for a task that is registered later.
    """
    for name in tasks:
        env_id = f"memnets/{name}-v0"
        if env_id in gymnasium.registry:
            continue
        try:
            gymnasium.register(
                env_id,
                entry_point="envs.env:TaskEnv",
                vector_entry_point="envs.vector_env:TaskVectorEnv",
                kwargs={"task": name},
            )
        # the name of a plug-in that gymnasium refuses must not break the other tasks
        except gymnasium.error.Error:
            continue
