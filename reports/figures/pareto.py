"""What accuracy costs: every model at its cost, and those that no other model beats."""

from __future__ import annotations

import math

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from .. import formats, style
from . import panels

AXES = {
    "seconds": "training time (s)",
    "state_size": "state (numbers that a sequence carries)",
    "step_flops": "FLOP of one step forward",
}
NAMED = 12
"""Models that a legend names; of more it names the cells."""


@style.themed
def pareto(frame: pd.DataFrame, *, x: str = "seconds") -> Figure:
    """Accuracy against the column `x`, a cost of `AXES`, with the interval of each model.

    Named and joined by a line are the models of the column `front`. The legend names all, or where
    they are many the marker of each cell. The cost is on a logarithmic axis, unless a model has
    none.
    """
    figure = style.canvas(3.6)
    axes = figure.subplots()
    front = frame[frame["front"]].sort_values(x, kind="stable")
    axes.step(front[x], front["value"], where="post", color=style.MUTED, linewidth=1)
    for _, model in frame.iterrows():
        spot = axes.plot(model[x], model["value"], **style.points(model, 7))
        ends = [model["low"], model["high"]]
        shade = style.colour_of(model)
        span = axes.plot([model[x]] * 2, ends, color=shade, linewidth=3, alpha=0.25)
        style.tag(model, *spot, *span)
    for place, (_, model) in enumerate(front.iterrows()):
        axes.annotate(
            formats.short(model["model"], 30),
            (model[x], model["value"]),
            # every second name is below its marker, so that neighbours do not meet
            xytext=(5, 6 if place % 2 == 0 else -11),
            textcoords="offset points",
            fontsize=8,
        )
    axes.set(xlabel=AXES.get(x, x), ylabel="final accuracy")
    scale(axes, frame[x], x)
    axes.margins(x=0.12, y=0.12)
    panels.per_cent(axes.yaxis)
    handles = {"not beaten by any other": Line2D([], [], color=style.MUTED, linewidth=1)}
    handles |= _models(frame) if len(frame) <= NAMED else _cells(frame)
    panels.legend(figure, handles)
    return figure


def _models(frame: pd.DataFrame) -> dict[str, Line2D]:
    handles = {}
    for (cell, estimator), models in frame.groupby(["cell", "estimator"], sort=False):
        if len(models) == 1:
            name = "no memory" if cell == "none" else f"{cell}, {estimator}"
            handles[name] = Line2D([], [], **style.points(models.iloc[0], 6))
    return handles


def _cells(frame: pd.DataFrame) -> dict[str, Line2D]:
    """One entry per marker; of more cells than markers some share one."""
    cells: dict[str, dict[str, None]] = {}
    for _, model in frame.iterrows():
        cells.setdefault(style.points(model)["marker"], {})[model["cell"]] = None
    return {
        ", ".join("no memory" if cell == "none" else cell for cell in names): Line2D(
            [], [], linestyle="", marker=marker, color=style.MUTED, markersize=6
        )
        for marker, names in cells.items()
    }


def scale(axes: Axes, costs: pd.Series, x: str) -> None:
    """The axis of a cost of `AXES`: logarithmic, unless a model has none of it."""
    if costs.min() > 0:
        axes.set_xscale("log")
        # costs of one study often lie within a decade, where powers of ten say little
        decades = math.log10(costs.max() / costs.min())
        between = (1, 2, 3, 5) if decades < 2 else (1, 3) if decades < 4 else (1,)
        axes.xaxis.set_major_locator(LogLocator(subs=between))
        axes.xaxis.set_minor_formatter(NullFormatter())
    if x == "seconds":
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: formats.number(value, 1)))
    else:
        panels.thousands(axes.xaxis)
