"""The tapes that tests run over, and an oracle that knows the target."""

import numpy as np
import pytest

from envs.tapes import tapes

NAMES = list(tapes)
CASES = [(name, memory) for name in NAMES for memory in (False, True)]
every_tape = pytest.mark.parametrize("name", NAMES)
with_and_without_memory = pytest.mark.parametrize(
    ("name", "memory"), CASES, ids=lambda value: {True: "memory", False: "plain"}.get(value, value)
)


def env_id(name, memory):
    return f"memnets/tape_{name}{'_memory' if memory else ''}-v0"


def scribe(env):
    """The next symbols of all targets, written without a look at anything, for either face."""
    tapes, choices = env.episodes.tapes, env.episodes.machine.action_parts
    actions = np.zeros((len(tapes.written_B), len(choices)), np.int64)
    actions[:, 1] = 1
    place_B = np.minimum(tapes.written_B, tapes.target_lengths_B - 1)
    actions[:, 2] = tapes.targets_BT[np.arange(len(place_B)), place_B]
    return actions
