"""How trials ended: whether and when they solved their task, how fast they were, or failed."""

from __future__ import annotations

from collections.abc import Container, Mapping

import numpy as np
import pandas as pd

from ...memory_kinds import Kind, in_order
from ...results import KIND, Results, once, with_columns

_STORED = ("solved", "parameters", "state_size", "step_flops", "updates", "sequences")


@once
def finished(results: Results) -> pd.DataFrame:
    """One row per finished trial.

    `solved` says whether it solved its task, `solved_sequences` and `solved_seconds` when,
    `criterion` the most errors per sequence that count as solved, and `judged` whether its training
    has one. `milliseconds` is the training time per sequence.
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


@once
def failed(results: Results) -> pd.DataFrame:
    """One row per failed trial, with `judged` as for finished ones."""
    return _judged(results, results.failures)


def kinds_of(frame: pd.DataFrame) -> list[Kind]:
    """The kind of memory of each row, which is of a trial or of a model."""
    return [Kind(*pair) for pair in frame[KIND].itertuples(index=False, name=None)]


def of_kinds(frame: pd.DataFrame, kinds: Container[Kind]) -> pd.DataFrame:
    """The rows whose kind of memory is among these."""
    return frame[np.array([kind in kinds for kind in kinds_of(frame)], dtype=bool)]


@once
def solved_runs(results: Results) -> dict[Kind, tuple[int, int]]:
    """Per kind of memory, trials that solved their task and trials that could have.

    A failed trial counts as one that did not. Empty where no training has a criterion.
    """
    ended, broken = finished(results), failed(results)
    ended, broken = ended[ended["judged"]], broken[broken["judged"]]
    solved = kinds_of(ended[ended["solved"]])
    run = kinds_of(ended) + kinds_of(broken)
    return {kind: (solved.count(kind), run.count(kind)) for kind in in_order(run)}


def _judged(results: Results, frame: pd.DataFrame) -> pd.DataFrame:
    criteria = {t.id: t.procedure.to_json()["solved_errors"] for t in results.trials}
    criterion = frame["trial"].map(criteria).astype(float)
    return frame.assign(criterion=criterion, judged=criterion.notna())
