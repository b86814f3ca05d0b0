"""Tidy frames of agents, from the stored rows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ... import statistics
from ...results import KIND, Results, once, with_columns
from ...variants import LOOK
from ..supervised import curves_of

MODEL = ["task", "model", "cell", "estimator", "controller", *KIND, *LOOK]
METRICS = ("success", "reward")
OWN = "own"


@once
def tests(results: Results, address: str = OWN) -> pd.DataFrame:
    """The tests of finished trials under an address: one row per trial and step.

    Rows without the column `address`, as earlier versions wrote, are of the own one.
    """
    names = ("step", "seconds", "kind", "episodes", "address", *METRICS)
    rows = with_columns(results.rows, names)
    under = rows["address"].astype(object).fillna(OWN)
    return rows[(rows["kind"] == "test") & (under == address)]


def final(results: Results, address: str = OWN) -> pd.DataFrame:
    """The last test of every finished trial under an address."""
    return tests(results, address).drop_duplicates("trial", keep="last")


def curves(results: Results, *, x: str, y: str) -> pd.DataFrame:
    """`y` of the tests over `x` ("step" or "seconds"): IQM over seeds, with its band."""
    rows = tests(results).dropna(subset=[x, y])
    rows = rows.assign(**{x: rows[x].astype(float), y: rows[y].astype(float)})
    trials = finished(results)
    solved = set(trials.loc[trials["solved"], "trial"])
    return curves_of.models(rows, MODEL, solved, x, y)


@once
def finished(results: Results) -> pd.DataFrame:
    """One row per finished trial: its last test, whether it was solved, and when.

    `judged` says whether its training has a bound for that.
    """
    facts = with_columns(results.facts, ["solved", "timesteps_per_second", "parameters"])
    last = final(results)[["trial", "step", *METRICS]]
    frame = facts.merge(last, on="trial", suffixes=("_fact", ""))
    stored = [entry if isinstance(entry, Mapping) else {} for entry in frame["solved"]]
    settings = {trial.id: trial.procedure.to_json() for trial in results.trials}
    return frame.assign(
        algorithm=[settings[trial]["algorithm"] for trial in frame["trial"]],
        judged=judged(results, frame),
        solved=np.array([bool(entry) for entry in stored], dtype=bool),
        solved_step=[float(entry.get("step", np.nan)) for entry in stored],
        solved_seconds=[float(entry.get("seconds", np.nan)) for entry in stored],
    )


def judged(results: Results, frame: pd.DataFrame) -> np.ndarray:
    """Of each row, which is of a trial, whether its training could be solved."""
    bounds = {trial.id: trial.procedure.to_json()["solved_success"] for trial in results.trials}
    return np.array([bounds[trial] is not None for trial in frame["trial"]], dtype=bool)


@once
def success(results: Results) -> pd.DataFrame:
    """The last success per model: IQM over its n seeds, with its interval."""
    found = [
        {
            **dict(zip(MODEL, key, strict=True)),
            **statistics.estimate(scores.to_numpy(float), statistics.generator())._asdict(),
        }
        for key, scores in final(results).groupby(MODEL, sort=False)["success"]
    ]
    return pd.DataFrame(found, columns=[*MODEL, *statistics.Estimate._fields])


@once
def summary(results: Results) -> pd.DataFrame:
    """One row per task and model: seeds solved of those run, and medians over seeds.

    `success` is an interquartile mean, `low` and `high` are its interval over seeds. A model all of
    whose trials failed has a row too, without scores. `judged` says whether the trials could be
    solved at all.
    """
    groups = finished(results).groupby([*MODEL, "algorithm"], as_index=False, sort=False)
    frame = groups.agg(
        run=("trial", "size"),
        solved=("solved", "sum"),
        reward=("reward", lambda scores: statistics.iqm(scores.to_numpy(float))),
        step=("step", "median"),
        solved_step=("solved_step", "median"),
        solved_seconds=("solved_seconds", "median"),
        speed=("timesteps_per_second", "median"),
        parameters=("parameters", "first"),
    )
    scores = success(results).rename(columns={"value": "success"})
    frame = frame.merge(scores[[*MODEL, "success", "low", "high"]], on=MODEL, how="left")
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
