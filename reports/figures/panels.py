"""Small multiples: one panel per cell, the model without memory drawn in each for reference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, PercentFormatter

from .. import formats, style
from ..memory_kinds import Kind

_COLUMNS = 3
_LEGEND = 0.6
"""Inches of a figure's height that a legend may take."""
_DASHES = ("-", (0, (5, 1.6)), (0, (1.2, 1.2)), (0, (6, 1.5, 1.2, 1.5)), (0, (3, 1, 1, 1, 1, 1)))


def cells(frame: pd.DataFrame, *, height: float) -> tuple[Figure, list[tuple[str, Axes]]]:
    """A figure with one panel per memory cell, sharing both axes."""
    names = sorted(set(frame["cell"]) - {"none"}, key=style.order) or ["none"]
    figure, panels = named(names, height=height)
    if names == ["none"]:
        panels[0][1].set_title("no memory")
    return figure, panels


def named(names: Sequence[str], *, height: float) -> tuple[Figure, list[tuple[str, Axes]]]:
    """A figure with one panel per name, which is its title; all share both axes."""
    columns = min(len(names), _COLUMNS)
    rows = -(-len(names) // columns)
    width = style.WIDTH if columns > 1 else 5.6
    figure = style.canvas(height * rows + 0.35, width)
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    for spare in grid[len(names) :]:
        spare.set_visible(False)
    panels = list(zip(names, grid[: len(names)], strict=True))
    for name, axes in panels:
        axes.set_title(name)
    return figure, panels


def label_outer(axes: Axes) -> None:
    """Names and numbers of axes at the left, and at the bottom, below the last of each column."""
    name = axes.get_xlabel()
    axes.label_outer()
    spec, figure = axes.get_subplotspec(), axes.get_figure()
    assert spec is not None and figure is not None
    others = [each.get_subplotspec() for each in figure.axes if each.get_visible()]
    below = [
        other
        for other in others
        if other and other.colspan == spec.colspan and other.rowspan.start > spec.rowspan.start
    ]
    if not below:
        # it may be above an empty place, which matplotlib does not see
        axes.set_xlabel(name)
        axes.tick_params(axis="x", which="both", labelbottom=True)
        axes.xaxis.offsetText.set_visible(True)


def models(frame: pd.DataFrame, cell: str) -> Iterator[tuple[pd.DataFrame, str, str, Any]]:
    """The models of a panel, the reference first: rows, label, colour, dash."""
    shown = frame[frame["cell"].isin([cell, "none"])]
    ranked = sorted(
        shown.groupby("model", sort=False), key=lambda item: item[1]["cell"].iloc[0] != "none"
    )
    seen: dict[str, int] = {}
    for _, rows in ranked:
        first = rows.iloc[0]
        colour = style.colour_of(first)
        dash = dashes(seen.get(colour, style.round_of(first)))
        seen[colour] = seen.get(colour, style.round_of(first)) + 1
        yield rows, label(frame, first), colour, dash


def dashes(index: int) -> Any:
    """The line of one colour's first, second, … variant."""
    return _DASHES[index % len(_DASHES)]


def label(frame: pd.DataFrame, first: pd.Series) -> str:
    """The estimator where it tells the models of a cell apart, otherwise the model's own name.

    Behind it, where the frame says so, how it addressed in training and at test.
    """
    same = frame[(frame["cell"] == first["cell"]) & (frame["estimator"] == first["estimator"])]
    several = same["model"].nunique() > 1
    if first["cell"] == "none":
        return str(first["model"]) if several else f"no memory ({first['controller']})"
    name = str(first["model"] if several else first["estimator"])
    if "at_test" not in first:
        return name
    kind = Kind(first["in_training"], first["at_test"]).short
    return name if name.endswith(kind) else f"{name}: {kind}"


def sample(colour: str, dash: Any) -> Line2D:
    """A piece of line for the legend."""
    return Line2D([], [], color=colour, linestyle=dash)


def legend(figure: Figure, entries: Mapping[str, Line2D], **look: Any) -> None:
    """One legend for all panels, above them, in as many columns as there is room for."""
    names = [formats.short(name) for name in entries]
    for columns in range(min(len(entries), 6), 0, -1):
        drawn = figure.legend(
            list(entries.values()), names, loc="outside upper left", ncols=columns, **look
        )
        box = drawn.get_window_extent()
        if columns == 1 or box.width <= figure.bbox.width:
            # many names take no room from the panels
            figure.set_figheight(figure.get_figheight() + max(0, box.height / figure.dpi - _LEGEND))
            return
        drawn.remove()


def chance_line(axes: Axes, chance: float, text: str = "chance") -> None:
    """A dotted level with its name, if it is known."""
    if np.isfinite(chance):
        axes.axhline(chance, color=style.MUTED, linewidth=0.9, linestyle=(0, (1, 2)), zorder=1)
        axes.annotate(
            text,
            (1, chance),
            xycoords=("axes fraction", "data"),
            xytext=(-2, -2),
            textcoords="offset points",
            ha="right",
            va="top",
            fontsize=7.5,
            color=style.MUTED,
        )


def per_cent(axis: Axis) -> None:
    """Fractions as per cent."""
    axis.set_major_formatter(PercentFormatter(1, symbol=" %"))


def thousands(axis: Axis) -> None:
    """Counts as 20k, 1.5M and 3G."""
    axis.set_major_formatter(FuncFormatter(_short))


def _short(value: float, _: object = None) -> str:
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"
