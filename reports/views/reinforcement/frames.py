"""Tidy frames of agents, from the stored rows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ... import statistics
from ...results import KIND, Results, with_columns
from ...variants import LOOK
from ..supervised.frames import aligned

MODEL = ["task", "model", "cell", "estimator", "controller", *KIND, *LOOK]
METRICS = ("success", "reward")


def tests(results: Results) -> pd.DataFrame:
    """The tests of finished trials: one row per trial and step."""
    rows = with_columns(results.rows, ("step", "seconds", "kind", "episodes", *METRICS))
    return rows[rows["kind"] == "test"]


def curves(results: Results, *, x: str, y: str) -> pd.DataFrame:
    """`y` of the tests over `x` ("step" or "seconds"): IQM over seeds, with its band."""
    rows = tests(results).dropna(subset=[x, y])
    rows = rows.assign(**{x: rows[x].astype(float), y: rows[y].astype(float)})
    trials = finished(results)
    solved = set(trials.loc[trials["solved"], "trial"])
    parts = [
        aligned(group, solved, x, y).assign(**dict(zip(MODEL, key, strict=True)))
        for key, group in rows.groupby(MODEL, sort=False)
    ]
    columns = [*MODEL, "x", "value", "low", "high", "n", "solved"]
    if not parts:
        return pd.DataFrame(columns=columns)
    return pd.concat(parts, ignore_index=True)[columns]


def finished(results: Results) -> pd.DataFrame:
    """One row per finished trial: its last test, whether it was solved, and when."""
    facts = with_columns(results.facts, ["solved", "timesteps_per_second", "parameters"])
    last = tests(results).drop_duplicates("trial", keep="last")
    frame = facts.merge(last[["trial", "step", *METRICS]], on="trial", suffixes=("_fact", ""))
    stored = [entry if isinstance(entry, Mapping) else {} for entry in frame["solved"]]
    settings = {trial.id: trial.procedure.to_json() for trial in results.trials}
    return frame.assign(
        algorithm=[settings[trial]["algorithm"] for trial in frame["trial"]],
        solved=np.array([bool(entry) for entry in stored], dtype=bool),
        solved_step=[float(entry.get("step", np.nan)) for entry in stored],
        solved_seconds=[float(entry.get("seconds", np.nan)) for entry in stored],
    )


def summary(results: Results) -> pd.DataFrame:
    """One row per task and model: seeds solved of those run, and medians over seeds.

    A model all of whose trials failed has a row too, without scores. `judged` says whether the
    trials could be solved at all.
    """
    groups = finished(results).groupby([*MODEL, "algorithm"], as_index=False, sort=False)
    frame = groups.agg(
        run=("trial", "size"),
        solved=("solved", "sum"),
        success=("success", lambda scores: statistics.iqm(scores.to_numpy(float))),
        reward=("reward", lambda scores: statistics.iqm(scores.to_numpy(float))),
        step=("step", "median"),
        solved_step=("solved_step", "median"),
        solved_seconds=("solved_seconds", "median"),
        speed=("timesteps_per_second", "median"),
        parameters=("parameters", "first"),
    )
    failures = results.failures.groupby(MODEL, as_index=False, sort=False)
    failed = failures.agg(failed=("trial", "size"))
    frame = frame.merge(failed, on=MODEL, how="outer", sort=False)
    run, solved, lost = (
        frame[name].astype(float).fillna(0).astype(int) for name in ("run", "solved", "failed")
    )
    own = {(t.task_label, t.model_label): t.procedure.to_json() for t in results.trials}
    settings = [own[row.task, row.model] for row in frame.itertuples()]
    return frame.assign(
        run=run + lost,
        solved=solved,
        judged=[each["solved_success"] is not None for each in settings],
        algorithm=[each["algorithm"] for each in settings],
    )
