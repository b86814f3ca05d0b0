"""Tidy frames of a search: a row for each setting that was tried."""

from __future__ import annotations

from typing import Any

import pandas as pd

from studies.running.choices import tried

from ...results import KIND, Results, once
from ...variants import LOOK

MODEL = ["task", "model", "cell", "estimator", "controller", *KIND, *LOOK]
CHOSEN = ["task", "model", "seeds", "failed", "score", "steps", "chosen"]


@once
def settings(results: Results) -> pd.DataFrame:
    """One row per task, model and setting, in the order of the search.

    Columns: `seeds` that were run and those that `failed`, the mean `score` and `steps` (nan where
    one failed), whether it was `chosen`, and a column of values for each name in `names`.
    """
    ended = set(results.facts["trial"]) | set(results.failures["trial"])
    trials = [trial for trial in results.trials if trial.id in ended]
    found = tried(trials, results.rows, set(results.facts["trial"]))
    rows = [{**{name: getattr(each, name) for name in CHOSEN}, **each.setting} for each in found]
    columns = [*CHOSEN, *dict.fromkeys(name for each in found for name in each.setting)]
    return pd.DataFrame(rows, columns=columns)


def names(frame: pd.DataFrame) -> list[str]:
    """What was searched: the names of the columns of values."""
    return [name for name in frame if name not in CHOSEN]


def by_value(results: Results, frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """The best score of each model with each value of one name, whatever the others were.

    Columns `MODEL`, value, score and chosen: whether it is the value of the chosen setting.
    Settings that failed on a seed have no score and are left out.
    """
    scored = frame.dropna(subset=["score", name])
    groups = scored.assign(value=scored[name].map(comparable)).groupby(
        ["task", "model", "value"], as_index=False, sort=False
    )
    best = groups.agg(score=("score", "min"), most=("score", "max"), chosen=("chosen", "any"))
    keys = ["task", "model"]
    return best.merge(results.facts[MODEL].drop_duplicates(keys), on=keys)


def most_chosen(frame: pd.DataFrame, name: str) -> tuple[Any, int, int, str] | None:
    """Of one name the value that was chosen most often, how often, out of how many models.

    Then whether it is the "highest" or the "lowest" of the numbers that were tried, or "". None
    where no chosen setting has the name.
    """
    chosen = frame.loc[frame["chosen"], name].dropna()
    if chosen.empty:
        return None
    counts = chosen.map(comparable).value_counts(sort=False)
    value = counts.idxmax()
    values = frame[name].dropna().map(comparable).tolist()
    end = ""
    if len(set(values)) > 1 and not any(isinstance(each, str) for each in values):
        end = {max(values): "highest", min(values): "lowest"}.get(value, "")
    return value, int(counts.max()), len(chosen), end


def comparable(value: Any) -> Any:
    """A value as it can stand on an axis: a number, or the text of anything else."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if number else str(value)
