"""One row per model over all tasks: typical scores, and what their intervals generalise over."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from ... import formats, statistics
from ...blocks import Table
from ...results import Results
from ...statistics import Estimate
from . import frames
from .tables import AXES, axes

MODEL = [name for name in frames.MODEL if name != "task"]
_STATISTICS = {
    "iqm": statistics.iqm,
    "median": statistics.median,
    "optimality_gap": statistics.optimality_gap,
}


def scores(results: Results) -> Iterator[tuple[pd.Series, np.ndarray]]:
    """Each model that finished on every task, and its final accuracies: seeds by tasks.

    Those of the seeds that finished on all of them.
    """
    found = frames.at_trained_lengths(frames.final(results)).dropna(subset=["accuracy"])
    for _, rows in found.groupby(MODEL, sort=False):
        wide = rows.pivot_table(index="seed", columns="task", values="accuracy").dropna()
        if len(wide) and set(wide.columns) == set(results.tasks):
            yield rows.iloc[0], wide.to_numpy()


def over_tasks(results: Results) -> pd.DataFrame:
    """IQM, median and optimality gap per model, over seeds and over seeds and tasks."""
    parts = []
    for model, scores_SK in scores(results):
        row = model[MODEL].to_dict() | {"n": len(scores_SK), "tasks": scores_SK.shape[1]}
        for name, statistic in _STATISTICS.items():
            for tasks in (False, True):
                found = statistics.estimate(
                    scores_SK, statistics.generator(), statistic=statistic, tasks=tasks
                )
                row |= _named(name, found)
        parts.append(row)
    return pd.DataFrame(parts)


def table(results: Results) -> Table | None:
    """Models over all tasks of the study; None where there is one task or no such model."""
    numbers = over_tasks(results)
    if len(results.tasks) < 2 or numbers.empty:
        return None
    text = pd.DataFrame(
        {
            "Model": numbers["model"],
            **axes(numbers),
            "Accuracy (IQM)": [formats.per_cent(value) for value in numbers["iqm"]],
            "Over seeds": _spans(numbers, "iqm", statistics.SEEDS),
            "Over seeds and tasks": _spans(numbers, "iqm", statistics.SEEDS_AND_TASKS),
            "Median": [formats.per_cent(value) for value in numbers["median"]],
            "Optimality gap": [formats.per_cent(value) for value in numbers["optimality_gap"]],
            "n": numbers["n"].astype(str),
        }
    )
    count = len(results.tasks)
    caption = (
        f"{AXES} Final accuracy at the trained lengths over all {count} tasks, of models that "
        "finished on each of them with n seeds: interquartile mean (IQM) and median of all runs, "
        "and the optimality gap, the mean shortfall from 100 %. Of two 95 % bootstrap intervals "
        f"the first speaks for other seeds of these {count} tasks, the second for other tasks as "
        "well, as far as these are a sample of them. The csv file has those of all three."
    )
    return Table("aggregates", f"Over all {count} tasks", caption, text, numbers)


def _named(name: str, found: Estimate) -> dict[str, float]:
    over = found.over.replace(" ", "_")
    ends = {f"{name}_low_over_{over}": found.low, f"{name}_high_over_{over}": found.high}
    return {name: found.value, **ends}


def _spans(numbers: pd.DataFrame, name: str, over: str) -> list[str]:
    ends = (numbers[f"{name}_{end}_over_{over.replace(' ', '_')}"] for end in ("low", "high"))
    return formats.spans(*ends)
