"""Which models a figure of a large study draws: a page with a thousand lines is read by nobody."""

from __future__ import annotations

import pandas as pd

from ... import formats
from ...results import Results, once
from . import frames

MOST = 24
"""Models whose lines one figure draws, beside those without memory."""


def foremost(results: Results, frame: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """The rows of a frame's most accurate models, and a sentence on those left out.

    All of them, and no sentence, where they are few. Models without memory always stay.
    """
    memory = frame[frame["cell"] != "none"]
    count = memory["model"].nunique()
    if count <= MOST:
        return frame, ""
    named, tasks = set(memory["model"]), sorted(set(frame.get("task", ())))
    chosen = [name for name in _ranking(results, *tasks) if name in named][:MOST]
    shown = frame[frame["model"].isin(chosen) | (frame["cell"] == "none")]
    return shown.reset_index(drop=True), (
        f" Of {formats.plural(count, 'model')} with memory the {MOST} most accurate are drawn; the "
        "csv file has all."
    )


@once
def _ranking(results: Results, *tasks: str) -> list[str]:
    """Models by their final accuracy on the tasks, or on all of them, the best first."""
    summary = frames.summary(results)
    known = summary[summary["task"].isin(tasks)] if tasks else summary
    means = known.groupby("model", sort=False)["value"].mean()
    return list(means.sort_values(ascending=False, kind="stable").index)
