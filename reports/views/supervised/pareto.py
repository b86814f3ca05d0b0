"""What accuracy costs in time, state and FLOP, and which models are beaten by none in both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from ... import figures, formats
from ...blocks import Picture
from ...file_names import file_name
from ...results import Results, once
from . import frames
from .outcomes import finished


@dataclass(frozen=True)
class Cost:
    """What a model costs: a column of finished trials, and the words of its figure.

    A model has the median of `column` over its seeds; `name` stands in the name of the file.
    """

    column: str
    name: tuple[str, ...]
    title: str
    what: str
    less: str
    write: Callable[[float], str]


def _numbers(value: float) -> str:
    return f"with {formats.whole(value)} numbers"


def _flop(value: float) -> str:
    return f"with {formats.number(value)} FLOP"


def _duration(value: float) -> str:
    return f"in {formats.duration(value)}"


SECONDS = Cost(
    "seconds",
    (),
    "training time",
    "the time of a training, evaluation excluded, on the machine named below (median over seeds)",
    "in less time",
    _duration,
)
STATE = Cost(
    "state_size",
    ("state",),
    "state",
    "its state, the numbers that a sequence carries from step to step",
    "with less state",
    _numbers,
)
FLOPS = Cost(
    "step_flops",
    ("flop",),
    "FLOP of a step",
    "the FLOP of one step forward",
    "with fewer FLOP",
    _flop,
)
COSTS = (SECONDS, STATE, FLOPS)


@once
def costs(results: Results, cost: Cost = SECONDS) -> pd.DataFrame:
    """One row per task and model: accuracy with its interval, and what it costs.

    `front` says that no other model of the task is at least as accurate at a lower cost, or more
    accurate at the same. A training without a time is left out, and a model whose size is unknown.
    """
    trials = finished(results)
    spent = trials.assign(**{cost.column: trials[cost.column].astype(float)})
    medians = spent.groupby(frames.MODEL, as_index=False, sort=False)[cost.column].median()
    known = frames.summary(results).drop(columns=cost.column, errors="ignore")
    found = known.merge(medians, on=frames.MODEL).dropna(subset=["value", cost.column])
    if cost is SECONDS:
        found = found[found["seconds"] > 0]
    parts = [rows.assign(front=_front(rows, cost)) for _, rows in found.groupby("task", sort=False)]
    columns = [*frames.MODEL, "value", "low", "high", "n", cost.column, "front"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def _front(rows: pd.DataFrame, cost: Cost) -> np.ndarray:
    return unbeaten(rows[cost.column].to_numpy(float), rows["value"].to_numpy(float))


def unbeaten(costs: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Of each pair of a cost and a score, whether none is better in one and no worse in the other.

    Pairs that are the same beat each other not.
    """
    cheaper, better = costs[:, None] < costs, scores[:, None] > scores
    no_worse = (costs[:, None] <= costs) & (scores[:, None] >= scores)
    return np.logical_not((no_worse & (cheaper | better)).any(axis=0))


def pictures(results: Results) -> list[Picture]:
    """One for each cost and task; none where the models of a task do not differ in it."""
    return [
        _picture(results, str(task), frame, cost)
        for cost in COSTS
        for task, frame in costs(results, cost).groupby("task", sort=False)
        if frame[cost.column].nunique() > 1
    ]


def _picture(results: Results, task: str, frame: pd.DataFrame, cost: Cost) -> Picture:
    several = len(results.tasks) > 1
    on, tag = (f" on {task}", (task,)) if several else ("", ())
    caption = (
        f"Final accuracy at the trained lengths (IQM, with its 95 % interval over seeds){on} "
        f"against {cost.what}; {formats.seeds(frame['n'])} per model. The line joins the models "
        f"that no other beats: none is at least as accurate {cost.less}."
    )
    return Picture(
        file_name("pareto", *cost.name, *tag),
        f"Accuracy against {cost.title} of every model{on}",
        caption,
        partial(figures.pareto, frame, x=cost.column),
        _says(frame, cost),
        frame,
    )


def _says(frame: pd.DataFrame, cost: Cost) -> str:
    front = frame[frame["front"]].sort_values(cost.column, kind="stable")
    parts = [
        f"{name} ({formats.per_cent(value)} {cost.write(spent)})"
        for name, value, spent in zip(
            front["model"], front["value"], front[cost.column], strict=True
        )
    ]
    if len(parts) > 4:
        parts = [parts[0], f"{len(parts) - 2} others", parts[-1]]
    verb = "is" if len(front) == 1 else "are"
    return f"Of {len(frame)} models not beaten {verb} {formats.listed(parts)}."
