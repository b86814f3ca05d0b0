"""What accuracy costs in training time, and which models are beaten by none in both."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from ... import figures, formats
from ...blocks import Picture
from ...file_names import file_name
from ...results import Results, once
from . import frames
from .outcomes import finished


@once
def costs(results: Results) -> pd.DataFrame:
    """One row per task and model: accuracy with its interval, and `seconds` of a training.

    `front` says that no other model of the task is at least as accurate in less time, or more
    accurate in as much.
    """
    seconds = finished(results).groupby(frames.MODEL, as_index=False, sort=False)["seconds"]
    found = frames.summary(results).merge(seconds.median(), on=frames.MODEL)
    found = found.dropna(subset=["value", "seconds"])
    found = found[found["seconds"] > 0].reset_index(drop=True)
    parts = [
        rows.assign(front=unbeaten(rows["seconds"].to_numpy(float), rows["value"].to_numpy(float)))
        for _, rows in found.groupby("task", sort=False)
    ]
    columns = [*frames.MODEL, "value", "low", "high", "n", "seconds", "front"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def unbeaten(costs: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Of each pair of a cost and a score, whether none is better in one and no worse in the other.

    Pairs that are the same beat each other not.
    """
    cheaper, better = costs[:, None] < costs, scores[:, None] > scores
    no_worse = (costs[:, None] <= costs) & (scores[:, None] >= scores)
    return np.logical_not((no_worse & (cheaper | better)).any(axis=0))


def pictures(results: Results) -> list[Picture]:
    """One for each task with at least two models; none where no time was stored."""
    made = []
    for task, frame in costs(results).groupby("task", sort=False):
        if len(frame) < 2:
            continue
        several = len(results.tasks) > 1
        on, tag = (f" on {task}", (str(task),)) if several else ("", ())
        caption = (
            f"Final accuracy at the trained lengths (IQM, with its 95 % interval over seeds){on} "
            "against the time of a training, evaluation excluded, on the machine named below "
            f"(median over seeds); {formats.seeds(frame['n'])} per model. The line joins the "
            "models that no other beats: none is at least as accurate in less time."
        )
        made.append(
            Picture(
                file_name("pareto", *tag),
                f"Accuracy against training time of every model{on}",
                caption,
                partial(figures.pareto, frame),
                _says(frame),
                frame,
            )
        )
    return made


def _says(frame: pd.DataFrame) -> str:
    front = frame[frame["front"]].sort_values("seconds", kind="stable")
    parts = [
        f"{row.model} ({formats.per_cent(row.value)} in {formats.duration(row.seconds)})"
        for row in front.itertuples(index=False)
    ]
    if len(parts) > 4:
        parts = [parts[0], f"{len(parts) - 2} others", parts[-1]]
    verb = "is" if len(front) == 1 else "are"
    return f"Of {len(frame)} models not beaten {verb} {formats.listed(parts)}."
