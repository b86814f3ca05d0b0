"""What choosing one slot at test costs: the soft-hard gap against entropy and against length."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

from .. import style
from ..formats import number
from . import panels
from .accuracy import shade

_GAP = "gap (wrong per sequence)"


@style.themed
def gap_entropy(seeds: pd.DataFrame) -> Figure:
    """Gap against address entropy, one marker per trained model; cells have shapes of their own."""
    figure = style.canvas(3.4)
    axes = figure.subplots()
    handles = {}
    axes.axhline(0, color=style.MUTED, linewidth=0.9, zorder=1)
    for _, rows in seeds.groupby("model", sort=False):
        first = rows.iloc[0]
        look = style.points(first)
        style.tag(first, *axes.plot(rows["entropy"], rows["gap"], **look))
        name = panels.label(seeds, first)
        # one entry per estimator, unless its models go by their own names
        if name == first["model"] or name.startswith(f"{first['model']}: "):
            handles[name] = Line2D([], [], **look)
        elif seeds["cell"].nunique() > 1:
            handles[f"{first['cell']}, {name}"] = Line2D([], [], **look)
        else:
            handles[name] = Line2D([], [], **look)
    _gap_axis(axes, seeds["gap"])
    axes.set(xlabel="entropy of the weightings in the test (nats)", ylabel=_GAP)
    axes.set_xlim(left=min(0.0, 1.05 * seeds["entropy"].min()))
    panels.legend(figure, handles)
    return figure


@style.themed
def gap_length(frame: pd.DataFrame, seeds: pd.DataFrame, *, trained: tuple[float, float]) -> Figure:
    """Gap against test length: median, extremes and every seed; trained lengths are shaded."""
    figure, grid = panels.cells(frame, height=2.5)
    handles = {}
    for cell, axes in grid:
        shade(axes, trained, sorted(set(frame["length"])))
        axes.axhline(0, color=style.MUTED, linewidth=0.9, zorder=1)
        for rows, label, colour, dash in panels.models(frame, cell):
            rows = rows.sort_values("length")
            lengths = rows["length"].to_numpy(float)
            look = {**style.points(rows.iloc[0], 4.5), "linestyle": dash, "alpha": 1.0}
            band = axes.fill_between(
                lengths,
                rows["low"].to_numpy(float),
                rows["high"].to_numpy(float),
                color=colour,
                alpha=0.14,
                linewidth=0,
            )
            line = axes.plot(lengths, rows["gap"].to_numpy(float), **look)
            own = seeds[seeds["model"] == rows["model"].iloc[0]]
            dots = axes.plot(
                *(own["length"], own["gap"]),
                linestyle="",
                marker=".",
                color=colour,
                markersize=4,
                alpha=0.5,
            )
            style.tag(rows.iloc[0], band, *line, *dots)
            handles[label] = panels.sample(colour, dash)
        _gap_axis(axes, seeds["gap"])
        axes.set(xlabel="test length", ylabel=_GAP)
        panels.label_outer(axes)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    panels.legend(figure, handles)
    return figure


def _gap_axis(axes: Axes, gaps: pd.Series) -> None:
    """Linear up to one wrong bit or symbol, logarithmic beyond, with room around the data."""
    low, high = 1.6 * min(gaps.min(), 0.0), 1.6 * max(gaps.max(), 0.0)
    if max(-low, high) > 2:
        axes.set_yscale("symlog", linthresh=1)
        decades = [10.0**k for k in range(9)]
        ticks = [*(-tick for tick in decades), 0.0, *decades]
        axes.set_yticks([tick for tick in ticks if low <= tick <= high])
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, 1)))
        axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_ylim(low - 0.1, high + 0.1)
