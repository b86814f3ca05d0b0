"""How long a supervised trial would take here, from a few of its updates and one of its tests."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from .learner import Learner
from .training import at_the_end, evaluated, update

if TYPE_CHECKING:
    from ..design.trial import Trial
    from .supervised import Supervised

WARM, LEAST, TIMED_SECONDS = 2, 5, 0.5


def seconds_needed(trial: Trial, settings: Supervised, device: str) -> float:
    """Seconds of all updates, evaluations and the controls at the end, unless it stops before.

    The first updates, which may compile kernels, are not counted. Under a curriculum the first
    batches are short, and the time is too.
    """
    learner = Learner.start(trial, settings, device)
    for _ in range(WARM):
        update(learner)
    evaluated(learner)
    started, made = time.perf_counter(), 0
    while made < LEAST or time.perf_counter() - started < TIMED_SECONDS:
        update(learner)
        made += 1
    tested = time.perf_counter()
    evaluated(learner)
    ended = time.perf_counter()
    per_test = ended - tested
    lengths = settings.lengths(learner.task)
    at_the_end(learner.network, learner.task, lengths, settings.test_sequences, trial.seed)
    controls = time.perf_counter() - ended
    per_update = (tested - started) / made
    per_update_of_batches = settings.accumulate * settings.batch_size
    spent = settings.budget and settings.budget.share_spent(per_update, per_update_of_batches)
    updates = min(settings.updates, math.ceil(1 / spent)) if spent else settings.updates
    tests = math.ceil(updates / settings.evaluate_every)
    return updates * per_update + tests * per_test + controls
