"""How tasks with questions of several kinds are scored: mean error and kinds failed, as in bAbI."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from ... import formats
from ...blocks import Section, Table
from ...results import KIND, Results
from . import frames
from .tables import AXES, axes, without_one_task

FAILED = 0.05
"""A kind is failed where more than this share is answered wrong (Weston et al. 2015)."""


def errors(results: Results) -> pd.DataFrame:
    """The share of wrong answers at the end: one row per trial and kind of question."""
    found = frames.at_numbers(results)
    if "question_error" not in found:
        return found.iloc[:0]
    kinds = found[(found["number"] == "kind") & found["question_error"].notna()]
    return kinds.rename(columns={"value": "of_kind"})


def scores(results: Results) -> pd.DataFrame:
    """Mean error and kinds failed: one row per trial."""
    rows = errors(results)
    failed = rows.assign(failed=rows["question_error"] > FAILED) if len(rows) else rows
    groups = failed.groupby([*frames.MODEL, "trial", "seed"], as_index=False, sort=False)
    return groups.agg(
        mean_error=("question_error", "mean"), failed=("failed", "sum"), kinds=("failed", "size")
    )


def questions(results: Results) -> Section | None:
    """A table of all models, and one of every kind of question; None where nothing is asked so."""
    if errors(results).empty:
        return None
    return Section("questions", "Questions", (_models(results), _kinds(results)))


def _models(results: Results) -> Table:
    trials = scores(results)
    groups = trials.groupby(frames.MODEL, as_index=False, sort=False)
    numbers = groups.agg(
        mean_error=("mean_error", "mean"),
        mean_error_sd=("mean_error", "std"),
        failed=("failed", "mean"),
        failed_sd=("failed", "std"),
        n=("trial", "size"),
        kinds=("kinds", "first"),
    )
    best = trials.sort_values(["mean_error", "failed"], kind="stable")
    best = best.drop_duplicates(["task", "model"])[["task", "model", "mean_error", "failed"]]
    renamed = best.rename(columns={"mean_error": "best_mean_error", "failed": "best_failed"})
    numbers = numbers.merge(renamed, on=["task", "model"])
    text = pd.DataFrame(
        {
            "Task": numbers["task"],
            "Model": numbers["model"],
            **axes(numbers),
            "Mean error": _spread(numbers, "mean_error", formats.per_cent),
            "Failed": _spread(numbers, "failed", formats.number),
            "Best: mean error": [formats.per_cent(value) for value in numbers["best_mean_error"]],
            "Best: failed": [formats.whole(value) for value in numbers["best_failed"]],
            "Kinds": [formats.whole(value) for value in numbers["kinds"]],
        }
    )
    caption = (
        f"{AXES} A question is answered wrong where a word of its answer is. The mean error is the "
        "mean over kinds of questions of the share answered wrong; a kind is failed where that "
        f"share is above {FAILED:.0%}. Means over seeds, ± their standard deviation where there "
        f"are several; {formats.seeds(numbers['n'])} per model. The best is the seed with the "
        "smallest mean error on these tests."
    )
    return Table("questions", "Mean error", caption, without_one_task(text), numbers)


def _kinds(results: Results) -> Table:
    rows = errors(results)
    keys = [*frames.MODEL, "of_kind"]
    numbers = rows.groupby(keys, as_index=False, sort=False).agg(
        error=("question_error", "mean"), n=("trial", "nunique")
    )
    written = numbers.assign(text=[formats.per_cent(value) for value in numbers["error"]])
    places = ["task", "model", *KIND]
    order = written[places].drop_duplicates()
    wide = written.pivot(index=places, columns="of_kind", values="text").fillna(formats.NONE)
    wide = wide.loc[list(order.itertuples(index=False, name=None))]
    text = pd.DataFrame(
        {"Task": list(order["task"]), "Model": list(order["model"])}
        | {f"{kind:g}": list(wide[kind]) for kind in wide.columns}
    )
    caption = "The share of questions answered wrong by kind of question, the mean over seeds."
    title = "Error by kind of question"
    return Table("questions-kinds", title, caption, without_one_task(text), numbers)


def _spread(numbers: pd.DataFrame, name: str, write: Callable[[float], str]) -> list[str]:
    return [
        f"{write(mean)} ± {write(sd)}" if sd == sd else write(mean)
        for mean, sd in zip(numbers[name], numbers[f"{name}_sd"], strict=True)
    ]
