"""How trials ended: whether and when they solved their task, how fast they were, or failed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ...memory_kinds import DISCRETE, NO_MEMORY, SOFT, memory_kind
from ...results import Results, with_columns

_STORED = ("solved", "parameters", "state_size", "updates", "sequences")


def finished(results: Results) -> pd.DataFrame:
    """One row per finished trial.

    `solved` says whether it solved its task, `solved_sequences` and `solved_seconds` when, and
    `judged` whether its training has a criterion for that. `milliseconds` is the training time per
    sequence.
    """
    frame = with_columns(results.facts, _STORED)
    solved = [entry if isinstance(entry, Mapping) else {} for entry in frame["solved"]]
    # a trial that saw no sequence has no speed, not an infinite one
    sequences = frame["sequences"].astype(float).replace(0, np.nan)
    return _judged(results, frame).assign(
        solved=np.array([bool(entry) for entry in solved], dtype=bool),
        solved_sequences=[float(entry.get("sequences", np.nan)) for entry in solved],
        solved_seconds=[float(entry.get("seconds", np.nan)) for entry in solved],
        milliseconds=1000 * frame["seconds"].astype(float) / sequences,
    )


def failed(results: Results) -> pd.DataFrame:
    """One row per failed trial, with `judged` as for finished ones."""
    return _judged(results, results.failures)


def solved_runs(results: Results) -> dict[str, tuple[int, int]]:
    """Per kind of memory, trials that solved their task and trials that could have.

    A failed trial counts as one that did not. Empty where no training has a criterion.
    """
    ended, broken = finished(results), failed(results)
    broken = broken[broken["judged"]]
    names = zip(broken["cell"], broken["estimator"], strict=True)
    kinds = [memory_kind(cell, estimator) for cell, estimator in names]
    counts = {}
    for kind in (SOFT, DISCRETE, NO_MEMORY):
        trials = ended[ended["judged"] & (ended["memory"] == kind)]
        if run := len(trials) + kinds.count(kind):
            counts[kind] = (int(trials["solved"].sum()), run)
    return counts


def _judged(results: Results, frame: pd.DataFrame) -> pd.DataFrame:
    settings = {trial.id: trial.procedure.to_json() for trial in results.trials}
    judged = {trial for trial, own in settings.items() if own["solved_errors"] is not None}
    return frame.assign(judged=frame["trial"].isin(judged))
