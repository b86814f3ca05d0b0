"""The tasks that tests of environments and of tasks run over, and their right answers."""

import numpy as np
import pytest

from envs import tasks

# guesses at 8,192 symbols, step by step, would take gigabytes
SMALLER = {"multi_query_recall": {"symbols": 64}}
CASES = [
    *((name, SMALLER.get(name, {})) for name in tasks),
    *((name, {"symbols": 5}) for name in ("copy", "reverse")),
    ("odds_first", {"thinking": 2}),
]


def as_answers(task, targets_TBY):
    """Targets in the form of decided answers; an oracle gives these."""
    space = task.answer.space()
    leading = targets_TBY.shape[: targets_TBY.ndim - 1]
    return targets_TBY.reshape(*leading, *space.shape).astype(space.dtype)


def all_wrong(task, answers):
    """Answers of which each bit, and each symbol, differs from the given one."""
    outcomes = round(1 / task.answer.chance)
    return ((np.asarray(answers) + 1) % outcomes).astype(task.answer.space().dtype)


every_task = pytest.mark.parametrize(("name", "options"), CASES, ids=str)
