"""What training costs in time, and how long a task takes to be solved."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .. import style
from .rows import model_rows


@style.themed
def timing(facts: pd.DataFrame, summary: pd.DataFrame, *, solving: bool = True) -> Figure:
    """Milliseconds per training sequence, and seconds until solved; every seed is a point.

    Without `solving`, for a study that says of no trial that it is solved, the first panel alone.
    """
    figure, (speed, *rest) = model_rows(summary, panels=2 if solving else 1)
    for row, (_, model) in enumerate(summary.iterrows()):
        seeds = facts[facts["model"] == model["model"]]
        _points(speed, seeds["milliseconds"], row, model)
        for solve in rest:
            _points(solve, seeds["solved_seconds"], row, model)
            solve.annotate(
                f"solved {model['solved']}/{model['run']}" if model["run"] else "",
                (1, row),
                xycoords=("axes fraction", "data"),
                xytext=(8, 0),
                textcoords="offset points",
                va="center",
                fontsize=8,
                color=style.INK if model["solved"] else style.MUTED,
            )
    speed.set(xlabel="training time per sequence (ms)", xlim=(0, _beyond(facts["milliseconds"])))
    for solve in rest:
        limit = _beyond(facts["solved_seconds"])
        solve.set(xlabel="training time until solved (s)", xlim=(0, limit))
        if not facts["solved"].any():
            solve.set_xticks([])
            solve.text(
                *(0.5, 0.5, "no trial solved the task"),
                transform=solve.transAxes,
                ha="center",
                va="center",
                color=style.MUTED,
            )
    return figure


def _beyond(values: pd.Series) -> float:
    """A little more than the largest value, so that no marker is cut."""
    largest = values.max()
    return 1.06 * largest if largest > 0 else 1.0


def _points(axes: Axes, values: pd.Series, row: int, model: pd.Series) -> None:
    numbers = values.dropna().to_numpy(float)
    points = axes.plot(
        numbers,
        np.full(len(numbers), row),
        **style.points(model),
    )
    style.tag(model, *points)
    if len(numbers):
        axes.plot(
            np.median(numbers), row, marker="|", color=style.INK, markersize=15, markeredgewidth=1.8
        )
