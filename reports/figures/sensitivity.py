"""How the score depends on a setting that was searched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedFormatter

from .. import formats, style
from . import panels

MOST_ACROSS = 3


@style.themed
def sensitivity(frames: Mapping[str, pd.DataFrame], *, score: str) -> Figure:
    """Score against each value, one panel per name, one line per model; rings mark what was chosen.

    Each frame has the columns `value`, `score` and `chosen` beside those of a model. Colour is that
    of the model in every figure, the marker that of its cell; models that share both differ by
    dash. Values that are all positive numbers and span a factor of ten are on a logarithmic axis.
    """
    across = min(len(frames), MOST_ACROSS)
    down = -(-len(frames) // across)
    figure = style.canvas(2.9 * down)
    grid = list(figure.subplots(down, across, squeeze=False, sharey=True).flat)
    looks = _looks(pd.concat(list(frames.values())))
    for axes, (name, frame) in zip(grid, frames.items(), strict=False):
        at = _places(axes, frame["value"])
        for model, rows in frame.assign(at=at).groupby("model", sort=False):
            _line(axes, rows.sort_values("at"), looks[model])
        axes.set_xlabel(name)
    for axes in grid[::across]:
        axes.set_ylabel(score)
    for axes in grid[len(frames) :]:
        axes.set_visible(False)
    ring = Line2D([], [], **_RING)
    lines = {str(model): Line2D([], [], **look) for model, look in looks.items()}
    panels.legend(figure, lines | {"chosen setting": ring})
    return figure


_RING: dict[str, Any] = {
    "linestyle": "",
    "marker": "o",
    "markersize": 11,
    "markerfacecolor": "none",
    "markeredgecolor": style.INK,
    "markeredgewidth": 1.2,
}


def _looks(frame: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Colour, marker and dash of each model."""
    seen: dict[tuple[str, str], int] = {}
    looks = {}
    for model, rows in frame.groupby("model", sort=False):
        look = style.points(rows.iloc[0])
        kind = look["color"], look["marker"]
        dash = panels.dashes(seen.get(kind, 0))
        seen[kind] = seen.get(kind, 0) + 1
        looks[str(model)] = {**look, "linestyle": dash, "alpha": 1.0}
    return looks


def _line(axes: Axes, rows: pd.DataFrame, look: Mapping[str, Any]) -> None:
    chosen = rows[rows["chosen"]]
    line = axes.plot(rows["at"], rows["score"], **look)
    rings = axes.plot(chosen["at"], chosen["score"], **_RING)
    style.tag(rows.iloc[0], *line, *rings)


def _places(axes: Axes, values: pd.Series) -> pd.Series:
    """Where the values stand: numbers at themselves, others one after the other, by their names."""
    if not bool(values.map(lambda value: not isinstance(value, str)).all()):
        names = list(dict.fromkeys(map(str, values)))
        axes.set_xticks(range(len(names)))
        axes.xaxis.set_major_formatter(FixedFormatter([formats.short(name, 20) for name in names]))
        return values.map(lambda value: float(names.index(str(value))))
    numbers = values.astype(float)
    if numbers.min() > 0 and numbers.max() >= 10 * numbers.min():
        axes.set_xscale("log")
    return numbers
