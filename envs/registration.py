"""Every task as a gymnasium environment, by name."""

from __future__ import annotations

import gymnasium

from .tasks.base import tasks


def register_envs() -> None:
    """Register each task known now as `memnets/<task>-v0`, importing none of them.

    Called on `import envs`; call it again for a task that was registered later.
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
        # a plug-in's name that gymnasium cannot spell must not break the others
        except gymnasium.error.Error:
            continue
