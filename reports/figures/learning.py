"""Learning curves: how a model gets better with data and with time."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .. import style
from . import panels

AXES = {
    "sequences": "training sequences",
    "seconds": "training time (s)",
    "step": "environment steps",
}
MEASURES = {
    "accuracy": "accuracy",
    "errors": "wrong bits or symbols per sequence",
    "bits": "cost (bits per sequence)",
    "excess_bits": "excess cost (bits per sequence)",
    "success": "successful episodes",
    "reward": "return per episode",
}


@style.themed
def learning_curves(frame: pd.DataFrame, *, x: str, y: str, chance: float = float("nan")) -> Figure:
    """`y` against `x` with the band over seeds; one panel per cell, one colour per estimator."""
    figure, grid = panels.cells(frame, height=2.5)
    handles = {}
    for cell, axes in grid:
        for rows, label, colour, dash in panels.models(frame, cell):
            band = axes.fill_between(
                rows["x"].to_numpy(float),
                rows["low"].to_numpy(float),
                rows["high"].to_numpy(float),
                color=colour,
                alpha=0.16,
                linewidth=0,
            )
            line = axes.plot(rows["x"], rows["value"], color=colour, linestyle=dash)
            style.tag(rows.iloc[0], band, *line)
            handles[label] = panels.sample(colour, dash)
            last = rows.iloc[-1]
            if last["solved"]:
                dot = axes.plot(last["x"], last["value"], marker="o", markersize=5.5, color=colour)
                style.tag(last, *dot)
        panels.chance_line(axes, chance)
        axes.set(xlabel=AXES.get(x, x), ylabel=MEASURES.get(y, y))
        panels.label_outer(axes)
        _scale(axes, frame, x, y)
    panels.legend(figure, handles)
    return figure


def _scale(axes: Axes, frame: pd.DataFrame, x: str, y: str) -> None:
    if x in ("sequences", "step"):
        panels.thousands(axes.xaxis)
    # the panels share their axes: limits come from the whole frame, not from the first panel
    axes.set_xlim(0, 1.03 * frame["x"].max() or 1)
    lowest, highest = (
        frame[["value", "low"]].min(axis=None),
        frame[["value", "high"]].max(axis=None),
    )
    if y == "accuracy":
        panels.per_cent(axes.yaxis)
        axes.set_ylim(min(0.45, lowest - 0.03), 1.02)
    else:
        axes.set_ylim(min(0, lowest), 1.05 * highest or 1)
