"""Which trials solved their task, where the training says what solved means."""

from __future__ import annotations

import pandas as pd

from ...memory_kinds import DISCRETE, NO_MEMORY, SOFT, memory_kind
from ...results import Results


def facts(results: Results) -> pd.DataFrame:
    """The facts of finished trials; `judged` are those whose training says what solved means."""
    return _judged(results, results.facts)


def failures(results: Results) -> pd.DataFrame:
    """The failed trials, `judged` in the same way."""
    return _judged(results, results.failures)


def solved_runs(results: Results) -> dict[str, tuple[int, int]]:
    """Per kind of memory, seeds solved and seeds run; empty if no training says what solved is.

    A failed trial counts as run and not solved.
    """
    counts = {}
    failed = failures(results)
    failed_kinds = [
        memory_kind(cell, estimator)
        for cell, estimator in failed.loc[failed["judged"], ["cell", "estimator"]].itertuples(
            index=False
        )
    ]
    finished = facts(results)
    for kind in (SOFT, DISCRETE, NO_MEMORY):
        trials = finished[finished["judged"] & (finished["kind"] == kind)]
        if run := len(trials) + failed_kinds.count(kind):
            counts[kind] = (int(trials["solved"].sum()), run)
    return counts


def _judged(results: Results, frame: pd.DataFrame) -> pd.DataFrame:
    settings = {trial.id: trial.procedure.to_json() for trial in results.trials}
    judged = {trial for trial, own in settings.items() if own.get("solved_errors") is not None}
    return frame.assign(judged=frame["trial"].isin(judged))
