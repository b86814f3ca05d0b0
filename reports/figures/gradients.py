"""How good gradients are: error against time, bias and deviation, cosine against rollouts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, NullLocator

from .. import style
from ..formats import when
from . import panels
from .rows import model_rows

_LINEAR = 0.05


@style.themed
def gradient_error(curves: pd.DataFrame, summary: pd.DataFrame) -> Figure:
    """Relative error against processor time, one panel per cell and point of training."""
    right = 1.5 * curves["seconds"].max()

    def draw(axes: Axes, rows: pd.DataFrame, colour: str, dash: Any) -> None:
        axes.plot(
            *(rows["seconds"], rows["error"]),
            color=colour,
            linestyle=dash,
            marker=".",
            markersize=5,
            linewidth=1.4,
        )
        first = rows.iloc[0]
        same = (summary["model"] == first["model"]) & (summary["step"] == first["step"])
        bias = summary[same & summary["visible"]]["bias"]
        for level in bias:
            last = rows["seconds"].iloc[-1]
            axes.plot([last, right], [level, level], color=colour, linewidth=1, linestyle=":")

    figure, grid = _grid(curves, draw)
    for axes in grid.ravel():
        axes.set(xscale="log", yscale="log", xlim=(0.8 * curves["seconds"].min(), right))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{1000 * v:g}"))
        axes.xaxis.set_minor_locator(FixedLocator([0.02, 0.03, 0.05, 0.2, 0.3, 0.5]))
        axes.xaxis.set_minor_formatter(FuncFormatter(lambda v, _: f"{1000 * v:g}"))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
        axes.tick_params(which="minor", labelsize=7)
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.set(xlabel="processor time (ms)", ylabel="relative error")
        axes.label_outer()
    return figure


@style.themed
def gradient_cosine(curves: pd.DataFrame) -> Figure:
    """Cosine to the exact gradient against rollouts, one panel per cell and point of training."""

    def draw(axes: Axes, rows: pd.DataFrame, colour: str, dash: Any) -> None:
        axes.plot(
            *(rows["samples"], rows["cosine"]),
            color=colour,
            linestyle=dash,
            marker=".",
            markersize=5,
            linewidth=1.4,
        )

    figure, grid = _grid(curves, draw)
    sizes = sorted(set(curves["samples"]))
    for axes in grid.ravel():
        axes.set_xscale("log")
        axes.set_xticks(sizes, [f"{size:g}" for size in sizes])
        axes.xaxis.set_minor_locator(NullLocator())
        axes.axhline(0, color=style.MUTED, linewidth=0.7)
        axes.set(xlabel="rollouts averaged", ylabel="cosine", ylim=(_lowest(curves), 1.03))
        axes.label_outer()
    return figure


@style.themed
def gradient_spread(seeds: pd.DataFrame, *, noise: float) -> Figure:
    """Bias, and deviation of one rollout, of every estimator of a cell: every seed is a marker.

    Shaded: a bias of up to `noise` times its own noise.
    """
    names = list(dict.fromkeys(seeds["model"]))
    counts = seeds.groupby("model")["seed"].nunique()
    firsts = seeds.drop_duplicates("model").set_index("model").loc[names].reset_index()
    summary = firsts[["cell", "estimator", "label"]].rename(columns={"label": "model"})
    figure, panels = model_rows(summary.assign(seeds=[counts[name] for name in names]), panels=2)
    for axes, column in zip(panels, ("bias", "single"), strict=True):
        for row, name in enumerate(names):
            _markers(axes, seeds[seeds["model"] == name], column, row, noise)
        axes.set_xscale("symlog", linthresh=_LINEAR, linscale=0.5)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
        axes.xaxis.set_minor_locator(NullLocator())
        top = 1.6 * max(seeds[column].max(), 1.0)
        ticks = [0, _LINEAR, *(10.0**p for p in range(-1, 5) if 10.0**p <= top)]
        axes.set_xticks(ticks)
        axes.set_xlim(-0.01, top)
    panels[0].set_xlabel("relative bias")
    panels[1].set_xlabel("relative deviation of one rollout")
    return figure


def _markers(axes: Axes, group: pd.DataFrame, column: str, row: int, noise: float) -> None:
    first, last = group.iloc[0], group["step"].max()
    colour = style.colour_of(first)
    for step, points in group.groupby("step"):
        height = row + (0.16 if step == last else -0.16)
        if column == "bias":
            limit = noise * float(points["bias_noise"].median())
            axes.plot(
                *([0, limit], [height, height]),
                color=style.SHADE,
                linewidth=5,
                solid_capstyle="butt",
                zorder=1,
            )
        axes.plot(
            points[column],
            np.full(len(points), height),
            linestyle="",
            marker=style.marker(first["cell"], style.round_of(first)),
            markersize=5,
            color=colour,
            markerfacecolor=colour if step == last else style.PAPER,
            alpha=0.8,
            clip_on=False,
        )


def _grid(
    curves: pd.DataFrame, draw: Callable[[Axes, pd.DataFrame, str, Any], None]
) -> tuple[Figure, np.ndarray]:
    """Points of training in rows, cells in columns; one legend of estimators above."""
    steps, cells = sorted(set(curves["step"])), list(dict.fromkeys(curves["cell"]))
    looks = _looks(curves)
    figure = style.canvas(2.7 * len(steps) + 0.9, style.WIDTH if len(cells) > 1 else 6.0)
    grid = figure.subplots(len(steps), len(cells), sharex=True, sharey="row", squeeze=False)
    for row, step in enumerate(steps):
        for column, cell in enumerate(cells):
            here = curves[(curves["step"] == step) & (curves["cell"] == cell)]
            for label, rows in here.groupby("label", sort=False):
                draw(grid[row, column], rows.sort_values("samples"), *looks[str(label)])
            grid[row, column].set_title(f"{cell}, {when(step)}")
    panels.legend(
        figure, {label: panels.sample(*look) for label, look in looks.items()}, fontsize=8
    )
    return figure, grid


def _looks(curves: pd.DataFrame) -> dict[str, tuple[str, Any]]:
    """Per label the colour of its estimator; variants of one estimator differ by their dashes."""
    seen: dict[str, int] = {}
    looks = {}
    for label, rows in curves.groupby("label", sort=False):
        first = rows.iloc[0]
        colour = style.colour_of(first)
        count = seen.get(colour, style.round_of(first))
        looks[str(label)] = colour, panels.dashes(count)
        seen[colour] = count + 1
    return looks


def _lowest(curves: pd.DataFrame) -> float:
    return float(min(curves["cosine"].min() - 0.05, 0.0))
