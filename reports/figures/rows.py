"""Figures with one row per model: names on the left, panels that share the rows."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .. import formats, style
from ..memory_kinds import Kind


def model_rows(summary: pd.DataFrame, *, panels: int) -> tuple[Figure, list[Axes]]:
    """A figure of side-by-side panels, the first row on top, a fine line between cells.

    Where the summary says so, names have behind them how a model addressed in training and at test.
    """
    figure = style.canvas(0.3 * len(summary) + 0.85)
    grid = list(figure.subplots(1, panels, sharey=True, squeeze=False)[0])
    names = [_name(row) for _, row in summary.iterrows()]
    cells = list(summary["cell"])
    for axes in grid:
        axes.set_ylim(len(summary) - 0.4, -0.6)
        axes.grid(False, axis="y")
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        for row in range(1, len(cells)):
            if cells[row] != cells[row - 1]:
                axes.axhline(row - 0.5, color=style.GRID, linewidth=0.8)
    grid[0].set_yticks(range(len(summary)), names)
    return figure, grid


def _name(model: pd.Series) -> str:
    says = f"n = {model['seeds']}"
    if "at_test" in model:
        says = f"{Kind(model['in_training'], model['at_test']).short}, {says}"
    return f"{formats.short(model['model'])}  ({says})"
