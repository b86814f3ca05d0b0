"""Performance profiles and survival curves: a share of trials that only falls."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .. import style
from . import panels
from .learning import AXES


@style.themed
def performance_profile(frame: pd.DataFrame) -> Figure:
    """The share of runs above each accuracy, with its band; one panel per cell."""
    figure, grid = panels.cells(frame, height=2.5)
    handles = {}
    for cell, axes in grid:
        for rows, label, colour, dash in panels.models(frame, cell):
            _fall(axes, rows, colour, dash)
            handles[label] = panels.sample(colour, dash)
        axes.set(xlabel="final accuracy above", ylabel="share of runs")
        panels.label_outer(axes)
        axes.set_xlim(frame["x"].min(), frame["x"].max())
        axes.set_ylim(-0.03, 1.03)
        panels.per_cent(axes.xaxis)
        panels.per_cent(axes.yaxis)
    panels.legend(figure, handles)
    return figure


@style.themed
def survival(frame: pd.DataFrame, *, limit: float, x: str = "sequences") -> Figure:
    """The share of trials that have not solved the task yet; a tick is a trial that stopped so.

    The frame has a row per model and time `x` at which its curve falls or a trial was `censored`,
    in training sequences or in seconds.
    """
    figure, grid = panels.cells(frame, height=2.5)
    handles = {}
    for cell, axes in grid:
        for rows, label, colour, dash in panels.models(frame, cell):
            _fall(axes, rows, colour, dash)
            stopped = rows[rows["censored"] > 0]
            ticks = axes.plot(stopped["x"], stopped["value"], "|", color=colour, markersize=9)
            style.tag(rows.iloc[0], *ticks)
            handles[label] = panels.sample(colour, dash)
        axes.set(xlabel=AXES[x], ylabel="not solved yet")
        panels.label_outer(axes)
        axes.set_xlim(0, 1.03 * limit)
        axes.set_ylim(-0.03, 1.05)
        panels.thousands(axes.xaxis)
        panels.per_cent(axes.yaxis)
    panels.legend(figure, handles)
    return figure


def _fall(axes: Axes, rows: pd.DataFrame, colour: str, dash: object) -> None:
    x, ends = rows["x"].to_numpy(float), (rows["low"], rows["high"])
    line = axes.step(x, rows["value"], where="post", color=colour, linestyle=dash)
    low, high = (np.asarray(end, dtype=float) for end in ends)
    band = axes.fill_between(x, low, high, step="post", color=colour, alpha=0.13, linewidth=0)
    style.tag(rows.iloc[0], band, *line)
