"""The lengths at which a task trains, for procedures that cannot do without."""

from __future__ import annotations

from typing import Any

from envs.tasks.base import NoLengths, Task

from ..design.data import BadData


def trained_lengths(task: Any, procedure: str) -> tuple[int, int]:
    """The task's shortest and longest trained length.

    Raises BadData, in a line that begins with the procedure, for what is no task of batches or has
    no lengths.
    """
    if not isinstance(task, Task):
        raise BadData(
            f"{procedure} needs a task that generates batches (envs.tasks.base.Task), which "
            f"{type(task).__name__} is not."
        )
    try:
        return task.lengths
    except NoLengths as error:
        raise BadData(f"{procedure} needs a task with lengths: {error}") from error
