"""How long a task takes to be solved: trials that never solved it are censored, never dropped."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from ... import figures, formats, statistics
from ...blocks import Block, Picture, Table
from ...file_names import file_name
from ...results import Results, once
from .. import sentences
from . import frames
from .foremost import foremost
from .outcomes import failed, finished
from .tables import AXES, axes, without_one_task


@once
def times(results: Results) -> pd.DataFrame:
    """One row per trial that could solve its task: `time` in training sequences, and `solved`.

    A finished trial that never solved it is censored at its end. A failed one, whose end says
    nothing of how long it would have taken, counts as unsolved for as long as any trial of the task
    was trained.
    """
    ended, broken = finished(results), failed(results)
    ended, broken = ended[ended["judged"]], broken[broken["judged"]]
    time = ended["solved_sequences"].where(ended["solved"], ended["sequences"].astype(float))
    found = ended.assign(time=time)
    longest = found.groupby("task")["time"].max()
    lost = broken.assign(solved=False, time=broken["task"].map(longest))
    names = [*frames.MODEL, "trial", "seed", "time", "solved"]
    parts = [frame.reindex(columns=names) for frame in (found, lost) if len(frame)]
    both = pd.concat(parts, ignore_index=True) if parts else found.reindex(columns=names)
    return frames.in_order(both.dropna(subset=["time"]).astype({"solved": bool}))


def limit(trials: pd.DataFrame) -> float:
    """Up to where the curves of all models of a task are known."""
    followed = [
        rows["time"].max()
        for _, rows in trials.groupby("model", sort=False)
        if not rows.loc[rows["time"] == rows["time"].max(), "solved"].all()
    ]
    return float(min(followed, default=trials["time"].max()))


def curves(trials: pd.DataFrame) -> pd.DataFrame:
    """The Kaplan-Meier curve of every model of a task, at the times where something happened."""
    parts = []
    for key, rows in trials.groupby(frames.MODEL, sort=False):
        found = statistics.kaplan_meier(rows["time"].to_numpy(), rows["solved"].to_numpy())
        x = np.unique(np.concatenate([[0.0], rows["time"]]))
        place = np.searchsorted(found.times_E, x, side="right")
        columns = {
            name: np.concatenate([[first], values])[place]
            for name, first, values in (
                ("value", 1.0, found.share_E),
                ("low", np.nan, found.low_E),
                ("high", np.nan, found.high_E),
            )
        }
        stopped = rows.loc[~rows["solved"], "time"].to_numpy()
        columns["censored"] = (stopped[:, None] == x).sum(axis=0)
        shape = pd.DataFrame({"x": x, **columns, "n": len(rows)})
        parts.append(shape.assign(**dict(zip(frames.MODEL, key, strict=True))))
    return pd.concat(parts, ignore_index=True)


def restricted_means(results: Results) -> pd.DataFrame:
    """Per model, the restricted mean of the sequences to solve, up to the `limit` of its task."""
    trials, parts = times(results), []
    for _, of_task in trials.groupby("task", sort=False):
        end = limit(of_task)
        for key, rows in of_task.groupby(frames.MODEL, sort=False):
            found = statistics.restricted_mean(rows["time"], rows["solved"], end)
            counts = {"limit": end, "solved": int(rows["solved"].sum())}
            named = dict(zip(frames.MODEL, key, strict=True))
            parts.append(named | found._asdict() | counts)
    return pd.DataFrame(parts)


def blocks(results: Results) -> list[Block]:
    """A curve for each task and a table; none where no training says what solved is."""
    trials = times(results)
    made: list[Block] = []
    several = len(results.tasks) > 1
    for task, rows in trials.groupby("task", sort=False):
        if not rows["solved"].any():
            continue
        frame, on = curves(rows), f" on {task}" if several else ""
        caption = (
            f"Kaplan-Meier curves{on}: the share of trials that have not solved the task after so "
            "many training sequences. A tick is a trial that ended without, which is censored "
            "there and not dropped; one that failed counts as unsolved to the end. Bands are 95 % "
            f"intervals over seeds (log-log); {formats.seeds(frame['n'])} per model."
        )
        name = file_name("survival", *([str(task)] if several else []))
        shown, left_out = foremost(results, frame)
        figure = partial(figures.survival, shown, limit=float(rows["time"].max()))
        title, says = f"Sequences until solved{on}", sentences.survival(frame)
        made.append(Picture(name, title, f"{caption}{left_out}", figure, says, frame))
    return [*made, _table(restricted_means(results))] if made else []


def _table(numbers: pd.DataFrame) -> Table:
    text = pd.DataFrame(
        {
            "Task": numbers["task"],
            "Model": numbers["model"],
            **axes(numbers),
            "Restricted mean": [formats.number(value) for value in numbers["value"]],
            "95 % interval": formats.spans(numbers["low"], numbers["high"], formats.number),
            "Up to": [formats.whole(value) for value in numbers["limit"]],
            "Solved / n": [
                f"{solved} / {n}" for solved, n in zip(numbers["solved"], numbers["n"], strict=True)
            ],
        }
    )
    caption = (
        f"{AXES} The restricted mean is the mean of the training sequences until the task was "
        "solved, where every trial is stopped at the number in the column before the last: the "
        "area below its Kaplan-Meier curve. Trials that never solved it count with all of theirs. "
        "The 95 % interval is over n seeds; fewer than two solved trials have none."
    )
    title = "Sequences until solved, unsolved trials censored"
    return Table("survival", title, caption, without_one_task(text), numbers)
