"""What accuracy costs: every model at its training time, and those that no other model beats."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from .. import formats, style
from . import panels


@style.themed
def pareto(frame: pd.DataFrame) -> Figure:
    """Accuracy against seconds of training, with the interval of each model.

    Named and joined by a line are the models of the column `front`.
    """
    figure = style.canvas(3.6)
    axes = figure.subplots()
    front = frame[frame["front"]].sort_values("seconds", kind="stable")
    axes.step(front["seconds"], front["value"], where="post", color=style.MUTED, linewidth=1)
    for _, model in frame.iterrows():
        spot = axes.plot(model["seconds"], model["value"], **style.points(model, 7))
        ends = [model["low"], model["high"]]
        shade = style.colour_of(model)
        span = axes.plot([model["seconds"]] * 2, ends, color=shade, linewidth=3, alpha=0.25)
        style.tag(model, *spot, *span)
    for place, (_, model) in enumerate(front.iterrows()):
        axes.annotate(
            formats.short(model["model"], 30),
            (model["seconds"], model["value"]),
            # every second name is below its marker, so that neighbours do not meet
            xytext=(5, 6 if place % 2 == 0 else -11),
            textcoords="offset points",
            fontsize=8,
        )
    axes.set(xlabel="training time (s)", ylabel="final accuracy", xscale="log")
    # times of one study often lie within a decade, where powers of ten say little
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 3, 5)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: formats.number(value, 1)))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.margins(x=0.12, y=0.12)
    panels.per_cent(axes.yaxis)
    handles = {"not beaten by any other": Line2D([], [], color=style.MUTED, linewidth=1)}
    for (cell, estimator), models in frame.groupby(["cell", "estimator"], sort=False):
        if len(models) == 1 and len(frame) <= 12:
            name = "no memory" if cell == "none" else f"{cell}, {estimator}"
            handles[name] = Line2D([], [], **style.points(models.iloc[0], 6))
    panels.legend(figure, handles)
    return figure
