"""A longer training that goes on from where a shorter one, finished before, ended."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from ..design.trial import Trial
    from .supervised import Supervised

LAST_THINGS = ("budget", "selection", "averaging", "restarts", "schedule")
"""What acts at the end of a training, or asks how long it is."""


def continues(settings: Supervised, earlier: Supervised) -> bool:
    """Whether the shorter training is the beginning of the longer one, to the bit.

    It is where they differ in `updates` only, the shorter one ended with a regular evaluation, and
    nothing depends on where the end is.
    """
    if any(getattr(settings, name) is not None for name in LAST_THINGS):
        return False
    shorter = earlier.updates < settings.updates
    regular = earlier.updates % settings.evaluate_every == 0
    return shorter and regular and replace(earlier, updates=settings.updates) == settings


def anew_for(settings: Supervised, earlier: Supervised) -> tuple[str, ...]:
    """The settings but for which the longer training would go on from the shorter one."""
    longer = settings.updates > earlier.updates or settings.budget != earlier.budget
    same = replace(earlier, updates=settings.updates, budget=settings.budget) == settings
    named = tuple(name for name in LAST_THINGS if getattr(settings, name) is not None)
    return named if longer and same else ()


def taken_over(checkpoint: bytes, trial: Trial) -> bytes:
    """The last checkpoint of the shorter trial as one of the longer; raises BadCheckpoint."""
    from .checkpoint import read, written

    data = read(checkpoint, torch.device("cpu"))
    mine = {"parent": data["id"], "id": trial.id, "trial": json.dumps(trial.to_json())}
    return written(data | mine)
