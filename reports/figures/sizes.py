"""What more state brings: memories that come in several sizes, each a line."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from .. import style
from . import panels
from .pareto import AXES, scale

_COST = "state_size"


@style.themed
def sizes(frame: pd.DataFrame, *, chance: float = float("nan")) -> Figure:
    """Accuracy against the size of the state, one panel per estimator, one line per memory.

    A memory has the same colour and marker in every panel; bars are the intervals. Beside the
    columns of a model the frame has `memory`, `family`, `value`, `low`, `high` and `state_size`:
    the models of a family differ in their sizes alone.
    """
    memories = list(dict.fromkeys(frame["memory"]))
    estimators = sorted(set(frame["estimator"]), key=style.order)
    figure, grid = panels.named(estimators, height=3.0)
    handles: dict[str, Line2D] = {}
    for estimator, axes in grid:
        shown = frame[frame["estimator"] == estimator]
        for _, rows in shown.groupby("family", sort=False):
            ordered = rows.sort_values(_COST)
            first = ordered.iloc[0]
            variant = memories.index(first["memory"])
            model = first.to_dict() | {"variant": variant}
            dash = panels.dashes(style.round_of(model))
            colour = style.colour_of(model)
            mark = style.marker(str(first["cell"]), style.round_of(model))
            axes.plot(ordered[_COST], ordered["value"], color=colour, linestyle=dash)
            for _, point in ordered.iterrows():
                spot = axes.plot(point[_COST], point["value"], color=colour, marker=mark)
                ends = [point["low"], point["high"]]
                bar = axes.plot([point[_COST]] * 2, ends, color=colour, linewidth=3, alpha=0.25)
                style.tag(point, *spot, *bar)
            line = Line2D([], [], color=colour, linestyle=dash, marker=mark)
            handles.setdefault(str(first["memory"]), line)
        scale(axes, frame[_COST], _COST)
        axes.margins(x=0.08, y=0.08)
        axes.set(xlabel=AXES[_COST], ylabel="final accuracy")
        panels.chance_line(axes, chance)
        panels.per_cent(axes.yaxis)
        panels.label_outer(axes)
    panels.legend(figure, handles)
    return figure
