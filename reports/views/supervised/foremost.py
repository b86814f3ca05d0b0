"""Which models a figure of a large study draws: the most accurate."""

from __future__ import annotations

import pandas as pd

from ...results import Results, once
from ..most import first_of
from . import frames


def foremost(results: Results, frame: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """The rows of a frame's most accurate models, and a sentence on those left out.

    All of them, and no sentence, where they are few (see `first_of`).
    """
    tasks = sorted(set(frame.get("task", ())))
    return first_of(frame, _ranking(results, *tasks))


@once
def _ranking(results: Results, *tasks: str) -> list[str]:
    """Models by their final accuracy on the tasks, or on all of them, the best first."""
    summary = frames.summary(results)
    known = summary[summary["task"].isin(tasks)] if tasks else summary
    means = known.groupby("model", sort=False)["value"].mean()
    return list(means.sort_values(ascending=False, kind="stable").index)
