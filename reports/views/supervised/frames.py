"""Tidy frames of trained models, one per figure or table, from the stored rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from memnets.file_names import names_from_file

from ... import statistics, style
from ...results import KIND, Results, once, with_columns
from ...statistics import Estimate
from ...variants import LOOK
from . import curves_of, outcomes

MODEL = ["task", "model", "cell", "estimator", "controller", *KIND, *LOOK]
METRICS = ["accuracy", "sequence_accuracy", "errors", "bits", "excess_bits", "entropy"]
_PLACE = ["step", "sequences", "seconds", "kind", "length", "min_length", "max_length"]
PLACED = [*MODEL, "trial", "seed", *_PLACE]
"""What tells of a row of a test which it is of."""
POINT = ["number", "value", "trained_low", "trained_high"]
"""Where a test at another number than the length was made."""
OWN = "own"


@once
def tests(results: Results, address: str = OWN) -> pd.DataFrame:
    """The evaluations of finished trials under an address: one row per trial, step and test length.

    Rows without the column `address`, as earlier versions wrote, are of the own one. Tests at
    another number than the length are left out.
    """
    rows = with_columns(results.rows, (*_PLACE, *METRICS, *POINT, "address"))
    under = rows["address"].astype(object).fillna(OWN)
    return rows[(rows["kind"] == "test") & (under == address) & rows["number"].isna()]


@once
def at_numbers(results: Results) -> pd.DataFrame:
    """The last tests of every trial at numbers beside the length: a row per number and value."""
    rows = with_columns(results.rows, (*_PLACE, *METRICS, *POINT))
    rows = rows[(rows["kind"] == "test") & rows["number"].notna()]
    last = rows["step"] == rows.groupby("trial")["step"].transform("max")
    return in_order(rows[last].drop_duplicates(["trial", "number", "value"], keep="last"))


@once
def by_number(results: Results) -> pd.DataFrame:
    """IQM of the final accuracy with its interval, per model, number and its value."""
    found = at_numbers(results).rename(columns={"value": "at"})
    return _estimated(found, [*MODEL, "number", "at"], "accuracy")


@once
def final(results: Results, address: str = OWN) -> pd.DataFrame:
    """The last evaluation of every trial under an address: one row per trial and test length."""
    rows = tests(results, address)
    last = rows["step"] == rows.groupby("trial")["step"].transform("max")
    return in_order(rows[last].drop_duplicates(["trial", "length"], keep="last"))


def at_trained_lengths(rows: pd.DataFrame, metrics: Sequence[str] = METRICS) -> pd.DataFrame:
    """One row per trial and step: metrics averaged over the test lengths that were trained.

    Where no trained length was tested, the nearest one that was stands in.
    """
    length, low, high = rows["length"], rows["min_length"], rows["max_length"]
    distance = np.maximum(np.maximum(low - length, length - high), 0)
    nearest = distance.groupby([rows["trial"], rows["step"]]).transform("min")
    chosen = rows[distance.isna() | (distance == nearest)]
    keys = [*MODEL, "trial", "seed", "step", "sequences", "seconds"]
    averaged = chosen.groupby(keys, dropna=False, as_index=False, sort=False)[list(metrics)].mean()
    return in_order(averaged)


def beyond_trained_lengths(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per trial of a final frame: accuracy averaged over the test lengths above training.

    Each of them counts the same; `lengths` says how many they are, `nearest` and `longest` which.
    """
    longer = rows[rows["length"] > rows["max_length"]]
    keys = [*MODEL, "trial", "seed"]
    averaged = longer.groupby(keys, dropna=False, as_index=False, sort=False).agg(
        accuracy=("accuracy", "mean"),
        lengths=("length", "size"),
        nearest=("length", "min"),
        longest=("length", "max"),
    )
    return in_order(averaged)


@once
def beyond(results: Results) -> pd.DataFrame:
    """Per model, the score above the trained lengths: IQM with its interval, and the best seed."""
    scores = beyond_trained_lengths(final(results))
    best = scores.groupby(MODEL, as_index=False, sort=False).agg(
        best=("accuracy", "max"),
        lengths=("lengths", "first"),
        nearest=("nearest", "first"),
        longest=("longest", "first"),
    )
    estimates = _estimated(scores, MODEL, "accuracy").merge(best, on=MODEL)
    chances = {task: chance(results, task) for task in dict.fromkeys(estimates["task"])}
    return in_order(estimates.assign(chance=estimates["task"].map(chances)))


@once
def curves(results: Results, *, x: str, y: str) -> pd.DataFrame:
    """Learning curves over `x` ("sequences" or "seconds"): IQM of `y` over seeds, with its band.

    All seeds of a model are read at the same values of `x`. A trial that stopped because it was
    solved keeps its last value; otherwise a curve ends with its shortest trial, so n is the same
    all along.
    """
    scores = at_trained_lengths(tests(results))
    scores = scores.assign(**{y: scores[y].astype(float)}).dropna(subset=[x, y])
    trials = outcomes.finished(results)
    solved = set(trials.loc[trials["solved"], "trial"])
    return curves_of.models(scores, MODEL, solved, x, y)


@once
def by_length(results: Results) -> pd.DataFrame:
    """IQM of the final accuracy with its interval, per model and test length."""
    return _estimated(final(results), [*MODEL, "length"], "accuracy")


@once
def summary(results: Results) -> pd.DataFrame:
    """One row per model and task, also where no seed finished: accuracy, solved, time, size.

    `run` counts the seeds that were run and could be solved: none where the training has no
    criterion for that. `good` counts those whose network, as it was kept, meets it at the end.
    """
    scores = at_trained_lengths(final(results))
    estimates = _estimated(scores, MODEL, "accuracy")
    finished = outcomes.finished(results).groupby(MODEL, as_index=False, sort=False)
    facts = finished.agg(
        seeds=("trial", "size"),
        judged=("judged", "sum"),
        solved=("solved", "sum"),
        sequences_to_solve=("solved_sequences", "median"),
        seconds_to_solve=("solved_seconds", "median"),
        milliseconds=("milliseconds", "median"),
        parameters=("parameters", "first"),
        state_size=("state_size", "first"),
        step_flops=("step_flops", "first"),
    )
    good = trials(results).groupby(["task", "model"], as_index=False, sort=False)
    facts = facts.merge(good["good"].sum(min_count=1), on=["task", "model"], how="left")
    failed = outcomes.failed(results).groupby(MODEL, as_index=False)
    failures = failed.agg(failed=("judged", "sum"))
    frame = facts.merge(estimates, on=MODEL, how="left").merge(failures, on=MODEL, how="outer")
    counts = frame[["seeds", "judged", "solved", "failed", "n"]].astype(float).fillna(0).astype(int)
    return in_order(frame.assign(**counts, run=counts["judged"] + counts["failed"]))


@once
def wrong(results: Results) -> pd.DataFrame:
    """Median over seeds of the wrong bits or symbols per sequence, per model and test length."""
    found = final(results).groupby([*MODEL, "length"], as_index=False, sort=False)["errors"]
    return in_order(found.median())


@once
def trials(results: Results) -> pd.DataFrame:
    """One row per finished trial: its cost, when it was solved, how good it was at the end.

    `good` says whether the errors at the end meet the criterion of solved. `restarts` may lack.
    """
    scores = at_trained_lengths(final(results))[["trial", "accuracy", "errors"]]
    renamed = {"solved_sequences": "sequences_to_solve", "solved_seconds": "seconds_to_solve"}
    frame = outcomes.finished(results).rename(columns=renamed).merge(scores, on="trial", how="left")
    known = frame["errors"].notna() & frame["criterion"].notna()
    frame["good"] = (frame["errors"] <= frame["criterion"]).astype("boolean").where(known)
    cost = ["backend", "updates", "sequences", "seconds", *renamed.values()]
    end = ["accuracy", "errors", "good", *(["restarts"] if "restarts" in frame else [])]
    return in_order(frame).reindex(columns=["task", "model", *KIND, "seed", *cost, *end, "trial"])


@once
def chance(results: Results, task: str) -> float:
    """Accuracy of guessing; nan where the task cannot be built any more."""
    spec = next(trial.task for trial in results.trials if trial.task_label == task)
    # the task's package may be gone or broken, and the report can do without
    try:
        with names_from_file():
            return spec.build().answer.chance
    except Exception:
        return float("nan")


def _estimated(frame: pd.DataFrame, keys: list[str], metric: str) -> pd.DataFrame:
    estimates = [
        {**dict(zip(keys, key, strict=True)), **_estimate(group[metric])._asdict()}
        for key, group in frame.groupby(keys, sort=False)
    ]
    return pd.DataFrame(estimates, columns=[*keys, *Estimate._fields])


def _estimate(scores: pd.Series) -> Estimate:
    return statistics.estimate(scores.dropna().to_numpy(dtype=float), statistics.generator())


def in_order(frame: pd.DataFrame) -> pd.DataFrame:
    """Models in one order everywhere: by task as stored, then cell, estimator, as in the study."""
    tasks = list(dict.fromkeys(frame["task"]))
    keys = pd.DataFrame(
        {
            "task": _ranked(frame["task"], tasks.index),
            "cell": _ranked(frame["cell"], style.order),
            "estimator": _ranked(frame["estimator"], style.order),
            "place": frame["place"],
        }
    )
    ranked = keys.sort_values(["task", "cell", "estimator", "place"], kind="stable")
    return frame.loc[ranked.index].reset_index(drop=True)


def _ranked(names: pd.Series, key: Callable[[str], Any]) -> pd.Series:
    ranks = {name: rank for rank, name in enumerate(sorted(set(names), key=key))}
    return names.map(ranks)
