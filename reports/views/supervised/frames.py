"""Tidy frames of trained models, one per figure or table, from the stored rows."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ... import statistics, style
from ...memory_kinds import memory_kind
from ...results import METRICS, Results
from ...statistics import Estimate
from . import solving

MODEL = ["task", "model", "cell", "estimator", "controller"]
_POINTS = 120


def final(rows: pd.DataFrame) -> pd.DataFrame:
    """The last evaluation of every trial: one row per trial and test length."""
    tests = rows[rows["kind"] == "test"]
    last = tests["step"] == tests.groupby("trial")["step"].transform("max")
    return _sorted(tests[last].drop_duplicates(["trial", "length"], keep="last"))


def at_trained_lengths(tests: pd.DataFrame) -> pd.DataFrame:
    """One row per trial and step: metrics averaged over the test lengths that were trained.

    Where the grid holds no trained length, the nearest one stands in.
    """
    length, low, high = tests["length"], tests["min_length"], tests["max_length"]
    distance = np.maximum(np.maximum(low - length, length - high), 0)
    nearest = distance.groupby([tests["trial"], tests["step"]]).transform("min")
    chosen = tests[distance.isna() | (distance == nearest)]
    keys = [*MODEL, "trial", "seed", "step", "sequences", "seconds"]
    averaged = chosen.groupby(keys, dropna=False, as_index=False, sort=False)[METRICS].mean()
    return _sorted(averaged)


def curves(results: Results, *, x: str, y: str) -> pd.DataFrame:
    """Learning curves aligned on `x` ("sequences" or "seconds"): IQM of `y` with its band.

    The points of a model are common to its seeds. A trial that stopped because it was solved keeps
    its last value; otherwise a curve ends with its shortest trial, so n is the same all along.
    """
    tests = at_trained_lengths(results.rows[results.rows["kind"] == "test"])
    tests = tests.assign(**{y: tests[y].astype(float)}).dropna(subset=[x, y])
    solved = set(results.facts.loc[results.facts["solved"], "trial"])
    parts = [
        _aligned(group, solved, x, y).assign(**dict(zip(MODEL, key, strict=True)))
        for key, group in tests.groupby(MODEL, sort=False)
    ]
    columns = [*MODEL, "x", "value", "low", "high", "n", "solved"]
    return pd.concat(parts)[columns] if parts else pd.DataFrame(columns=columns)


def _aligned(group: pd.DataFrame, solved: set[str], x: str, y: str) -> pd.DataFrame:
    trials = [(trial, rows.sort_values(x)) for trial, rows in group.groupby("trial", sort=False)]
    start = max(rows[x].iloc[0] for _, rows in trials)
    stops = [rows[x].iloc[-1] for trial, rows in trials if trial not in solved]
    end = max(min(stops) if stops else max(rows[x].iloc[-1] for _, rows in trials), start)
    grid = np.unique(np.linspace(start, end, _POINTS))
    values_SP = np.stack([np.interp(grid, rows[x], rows[y]) for _, rows in trials])
    low, high = statistics.band(values_SP, statistics.generator())
    value = statistics.iqm(values_SP, axis=0)
    shape = {"x": grid, "value": value, "low": low, "high": high}
    return pd.DataFrame({**shape, "n": len(trials), "solved": not stops})


def by_length(results: Results) -> pd.DataFrame:
    """IQM of the final accuracy with its interval, per model and test length."""
    return _estimated(final(results.rows), [*MODEL, "length"], "accuracy")


def summary(results: Results) -> pd.DataFrame:
    """One row per model and task, also where no seed finished: accuracy, solved, time, size.

    `run` counts the seeds that could be solved: none where the training has no such criterion.
    """
    scores = at_trained_lengths(final(results.rows))
    estimates = _estimated(scores, MODEL, "accuracy")
    facts = (
        solving.facts(results)
        .groupby(MODEL, as_index=False, sort=False)
        .agg(
            kind=("kind", "first"),
            seeds=("trial", "size"),
            judged=("judged", "sum"),
            solved=("solved", "sum"),
            sequences_to_solve=("solved_sequences", "median"),
            seconds_to_solve=("solved_seconds", "median"),
            milliseconds=("milliseconds", "median"),
            parameters=("parameters", "first"),
            state_size=("state_size", "first"),
        )
    )
    failed = solving.failures(results).groupby(MODEL, as_index=False).agg(failed=("judged", "sum"))
    frame = facts.merge(estimates, on=MODEL, how="left").merge(failed, on=MODEL, how="outer")
    counts = frame[["seeds", "judged", "solved", "failed", "n"]].astype(float).fillna(0).astype(int)
    kinds = zip(frame["kind"], frame["cell"], frame["estimator"], strict=True)
    return _sorted(
        frame.assign(
            **counts,
            run=counts["judged"] + counts["failed"],
            kind=[
                stored if isinstance(stored, str) else memory_kind(*names)
                for stored, *names in kinds
            ],
        )
    )


def wrong(results: Results) -> pd.DataFrame:
    """Median over seeds of what is wrong per sequence at the end, per model and test length."""
    found = final(results.rows).groupby([*MODEL, "length"], as_index=False, sort=False)["errors"]
    return _sorted(found.median())


def trials(results: Results) -> pd.DataFrame:
    """One row per finished trial: what it cost, when it was solved, how good it was at the end."""
    scores = at_trained_lengths(final(results.rows))[["trial", "accuracy", "errors"]]
    renamed = {"solved_sequences": "sequences_to_solve", "solved_seconds": "seconds_to_solve"}
    frame = results.facts.rename(columns=renamed).merge(scores, on="trial", how="left")
    cost = ["backend", "updates", "sequences", "seconds", *renamed.values(), "accuracy", "errors"]
    return _sorted(frame).reindex(columns=["task", "model", "seed", *cost, "trial"])


def _estimated(frame: pd.DataFrame, keys: list[str], metric: str) -> pd.DataFrame:
    estimates = [
        {**dict(zip(keys, key, strict=True)), **_estimate(group[metric])._asdict()}
        for key, group in frame.groupby(keys, sort=False)
    ]
    return pd.DataFrame(estimates, columns=[*keys, *Estimate._fields])


def _estimate(scores: pd.Series) -> Estimate:
    return statistics.estimate(scores.dropna().to_numpy(dtype=float), statistics.generator())


def _sorted(frame: pd.DataFrame) -> pd.DataFrame:
    """Models in one order everywhere: by task as stored, then cell, estimator, name."""
    tasks = list(dict.fromkeys(frame["task"]))
    keys = pd.DataFrame(
        {
            "task": [tasks.index(task) for task in frame["task"]],
            "cell": [style.order(cell) for cell in frame["cell"]],
            "estimator": [style.order(name) for name in frame["estimator"]],
            "model": frame["model"],
        },
        index=frame.index,
    )
    ranked = keys.sort_values(["task", "cell", "estimator", "model"], kind="stable")
    return frame.loc[ranked.index].reset_index(drop=True)
