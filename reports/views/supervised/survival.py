"""How long a task takes to be solved: trials that never solved it are censored, never dropped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
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

Choose = Callable[[pd.DataFrame], tuple[pd.DataFrame, str]]
"""The rows of a frame that its figure draws, and a sentence on those left out."""


@dataclass(frozen=True)
class Unit:
    """What time is counted in: a column of trials, and the words and names of its blocks."""

    column: str
    name: tuple[str, ...]
    title: str
    words: str
    after: Callable[[float], str]
    write: Callable[[float], str]
    end: Callable[[float], str]


def _sequences(value: float) -> str:
    return f"{formats.whole(value)} training sequences"


def _of_training(value: float) -> str:
    return f"{formats.duration(value)} of training"


SEQUENCES = Unit(
    *("sequences", (), "Sequences", "training sequences"),
    *(_sequences, formats.number, formats.whole),
)
SECONDS = Unit(
    *("seconds", ("seconds",), "Training time", "seconds of training (tests left out)"),
    *(_of_training, formats.duration, formats.duration),
)


def units(results: Results) -> list[Unit]:
    """Sequences; and seconds where every trial that could solve its task says them.

    Not where one model alone is followed without a budget in seconds: in seconds its curve is the
    same.
    """
    judged = finished(results)
    judged = judged[judged["judged"]]
    budgets = (trial.procedure.to_json().get("budget") or {} for trial in results.trials)
    compared = (judged.groupby("task")["model"].nunique() > 1).any()
    told = judged["solved_seconds"].notna() | ~judged["solved"]
    known = len(judged) and bool((told & judged["seconds"].astype(float).gt(0)).all())
    if known and (compared or any(budget.get("seconds") is not None for budget in budgets)):
        return [SEQUENCES, SECONDS]
    return [SEQUENCES]


@once
def times(results: Results, unit: Unit = SEQUENCES) -> pd.DataFrame:
    """One row per trial that could solve its task: `time` of training in the unit, and `solved`.

    A finished trial that never solved it is censored at its end. A failed one, whose end says
    nothing of how long it would have taken, counts as unsolved for as long as any trial of the task
    was trained.
    """
    ended, broken = finished(results), failed(results)
    return censored(ended[ended["judged"]], broken[broken["judged"]], unit.column)


def censored(ended: pd.DataFrame, broken: pd.DataFrame, column: str) -> pd.DataFrame:
    """As `times`, of trials that ended and of those that failed; `column` is the unit's.

    Those that ended have `solved`, and when they did in `solved_<column>`.
    """
    time = ended[f"solved_{column}"].where(ended["solved"], ended[column].astype(float))
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


def restricted_means(trials: pd.DataFrame) -> pd.DataFrame:
    """Per model, the restricted mean of the time to solve, up to the `limit` of its task."""
    parts = []
    for _, of_task in trials.groupby("task", sort=False):
        end = limit(of_task)
        for key, rows in of_task.groupby(frames.MODEL, sort=False):
            found = statistics.restricted_mean(rows["time"], rows["solved"], end)
            counts = {"limit": end, "solved": int(rows["solved"].sum())}
            named = dict(zip(frames.MODEL, key, strict=True))
            parts.append(named | found._asdict() | counts)
    return pd.DataFrame(parts)


def blocks(results: Results) -> list[Block]:
    """Curves of each task and a table, in each unit; none where no training says what solved is."""
    choose = partial(foremost, results)
    return [
        block
        for unit in units(results)
        for block in of_trials(times(results, unit), unit, choose, results.tasks)
    ]


def of_trials(
    trials: pd.DataFrame, unit: Unit, choose: Choose, tasks: Sequence[str]
) -> list[Block]:
    """Curves of each task and a table, of trials as `times` has them; none where none is solved.

    Where a study has several `tasks`, each curve bears the name of its own.
    """
    made: list[Block] = []
    several = len(tasks) > 1
    for task, rows in trials.groupby("task", sort=False):
        if not rows["solved"].any():
            continue
        frame, on = curves(rows), f" on {task}" if several else ""
        caption = (
            f"Kaplan-Meier curves{on}: the share of trials that have not solved the task after so "
            f"many {unit.words}. A tick is a trial that ended without, which is censored there and "
            "not dropped; one that failed counts as unsolved to the end. Bands are 95 % intervals "
            f"over seeds (log-log); {formats.seeds(frame['n'])} per model."
        )
        name = file_name("survival", *unit.name, *([str(task)] if several else []))
        shown, left_out = choose(frame)
        limit = float(rows["time"].max())
        figure = partial(figures.survival, shown, limit=limit, x=unit.column)
        title, says = f"{unit.title} until solved{on}", sentences.survival(frame, unit.after)
        made.append(Picture(name, title, f"{caption}{left_out}", figure, says, frame))
    return [*made, _table(restricted_means(trials), unit)] if made else []


def _table(numbers: pd.DataFrame, unit: Unit) -> Table:
    text = pd.DataFrame(
        {
            "Task": numbers["task"],
            "Model": numbers["model"],
            **axes(numbers),
            "Restricted mean": [unit.write(value) for value in numbers["value"]],
            "95 % interval": formats.spans(numbers["low"], numbers["high"], unit.write),
            "Up to": [unit.end(value) for value in numbers["limit"]],
            "Solved / n": [
                f"{solved} / {n}" for solved, n in zip(numbers["solved"], numbers["n"], strict=True)
            ],
        }
    )
    caption = (
        f"{AXES} The restricted mean is the mean of the {unit.words} until the task was "
        "solved, where every trial is stopped at the number in the column before the last: the "
        "area below its Kaplan-Meier curve. Trials that never solved it count with all of theirs. "
        "The 95 % interval is over n seeds; fewer than two solved trials have none."
    )
    title = f"{unit.title} until solved, unsolved trials censored"
    name = file_name("survival", *unit.name)
    return Table(name, title, caption, without_one_task(text), numbers)
