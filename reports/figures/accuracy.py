"""Final accuracy: every seed, the cell x estimator grid, and against test length."""

from __future__ import annotations

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from .. import style
from ..memory_kinds import Kind, in_order
from . import panels
from .rows import model_rows

_SCALE = LinearSegmentedColormap.from_list("accuracy", ["#eef2f6", "#8fb8d8", "#1d5f96"])


@style.themed
def final_accuracy(
    scores: pd.DataFrame, summary: pd.DataFrame, *, chance: float = float("nan")
) -> Figure:
    """One row per model: every seed as a point, the IQM as a bar, its interval as a line."""
    figure, (axes,) = model_rows(summary, panels=1)
    for row, (_, model) in enumerate(summary.iterrows()):
        colour = style.colour_of(model)
        seeds = scores.loc[scores["model"] == model["model"], "accuracy"].to_numpy(float)
        interval = axes.plot(
            [model["low"], model["high"]],
            [row, row],
            color=colour,
            linewidth=5,
            alpha=0.25,
            solid_capstyle="butt",
        )
        points = axes.plot(
            seeds,
            np.full(len(seeds), row),
            **style.points(model),
        )
        bar = axes.plot(
            model["value"], row, marker="|", color=style.INK, markersize=15, markeredgewidth=1.8
        )
        style.tag(model, *interval, *points, *bar)
        axes.annotate(
            f"{100 * model['value']:.1f} %",
            (1, row),
            xycoords=("axes fraction", "data"),
            xytext=(8, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
        )
    if np.isfinite(chance):
        axes.axvline(chance, color=style.MUTED, linewidth=0.9, linestyle=(0, (1, 2)))
        axes.annotate(
            "chance",
            (chance, 1),
            xycoords=("data", "axes fraction"),
            xytext=(3, -1),
            textcoords="offset points",
            va="top",
            fontsize=7.5,
            color=style.MUTED,
        )
    axes.set_xlabel("final accuracy at the trained lengths")
    panels.per_cent(axes.xaxis)
    lowest = np.nanmin([scores["accuracy"].min(), chance, 0.95])
    axes.set_xlim(lowest - 0.03 * (1 - lowest) - 0.005, 1 + 0.02 * (1 - lowest) + 0.002)
    return figure


@style.themed
def accuracy_grid(summary: pd.DataFrame, *, solved: bool = True) -> Figure:
    """Cells against estimators: IQM of the final accuracy, and seeds that solved the task."""
    memory = summary[summary["cell"] != "none"]
    cells = sorted(set(memory["cell"]), key=style.order)
    estimators = sorted(set(memory["estimator"]), key=style.order)
    # several models of one cell and estimator share a square: the best of them is shown
    best = memory.sort_values("value").drop_duplicates(["cell", "estimator"], keep="last")
    best = best.set_index(["cell", "estimator"])
    values = best["value"].unstack().reindex(index=cells, columns=estimators).astype(float)
    texts = pd.DataFrame("", index=cells, columns=estimators)
    names = [_with_kinds(name, memory[memory["estimator"] == name]) for name in estimators]
    for (cell, estimator), model in best.iterrows():
        share = f"\nsolved {model['solved']}/{model['run']}" if solved and model["run"] else ""
        texts.loc[cell, estimator] = f"{100 * model['value']:.1f} %{share}"
    figure = style.canvas(0.62 * len(cells) + 1.0, min(style.WIDTH, 2.6 + 1.35 * len(estimators)))
    axes = figure.subplots()
    sns.heatmap(
        values,
        annot=texts,
        fmt="",
        ax=axes,
        cmap=_SCALE,
        linewidths=2,
        linecolor=style.PAPER,
        vmin=min(0.5, float(np.nanmin(values))),
        vmax=1,
        annot_kws={"fontsize": 8},
        cbar_kws={"label": "final accuracy (IQM)", "format": lambda v, _: f"{100 * v:.0f} %"},
    )
    axes.set(xlabel="estimator: in training → at test", ylabel="cell")
    axes.set_xticklabels(names, rotation=0)
    axes.tick_params(length=0)
    axes.tick_params(axis="y", rotation=0)
    axes.grid(False)
    return figure


@style.themed
def length_curve(
    frame: pd.DataFrame,
    seeds: pd.DataFrame,
    *,
    trained: tuple[float, float] | None = None,
    chance: float = float("nan"),
    number: str = "length",
) -> Figure:
    """Accuracy against test length with its interval and every seed; trained lengths are shaded.

    So with another number that makes a task hard, by its name; the column is `length` all the same.
    """
    figure, grid = panels.cells(frame, height=2.5)
    handles = {}
    for cell, axes in grid:
        if trained:
            shade(axes, trained, sorted(set(frame["length"])))
        for rows, label, colour, dash in panels.models(frame, cell):
            model = rows["model"].iloc[0]
            points = seeds[seeds["model"] == model]
            band = axes.fill_between(
                rows["length"].to_numpy(float),
                rows["low"].to_numpy(float),
                rows["high"].to_numpy(float),
                color=colour,
                alpha=0.16,
                linewidth=0,
            )
            line = axes.plot(
                *(rows["length"], rows["value"]),
                color=colour,
                linestyle=dash,
                marker=style.marker(rows["cell"].iloc[0], style.round_of(rows.iloc[0])),
                markersize=4.5,
                markeredgecolor=style.PAPER,
                markeredgewidth=0.75,
            )
            handles[label] = panels.sample(colour, dash)
            dots = axes.plot(
                points["length"],
                points["accuracy"],
                linestyle="",
                marker=".",
                color=colour,
                markersize=4,
                alpha=0.5,
            )
            style.tag(rows.iloc[0], band, *line, *dots)
        panels.chance_line(axes, chance)
        axes.set(xlabel=f"test {number}", ylabel="accuracy")
        panels.label_outer(axes)
        panels.per_cent(axes.yaxis)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_ylim(min(0.45, np.nanmin([chance - 0.1, seeds["accuracy"].min() - 0.05])), 1.02)
    panels.legend(figure, handles)
    return figure


def _with_kinds(estimator: str, models: pd.DataFrame) -> str:
    kinds = in_order(map(Kind._make, models[list(Kind._fields)].itertuples(index=False)))
    return "\n".join([estimator, *(kind.short for kind in kinds)])


def shade(axes: Axes, trained: tuple[float, float], lengths: list[float]) -> None:
    """The trained lengths, or other numbers, with their name."""
    low, high = trained
    # a single trained length still needs a width that can be seen
    pad = 0.01 * (lengths[-1] - lengths[0]) if lengths else 0
    axes.axvspan(low - pad, high + pad, color=style.SHADE, zorder=0, linewidth=0)
    axes.annotate(
        "trained",
        ((low + high) / 2, 0),
        xycoords=("data", "axes fraction"),
        xytext=(0, 3),
        textcoords="offset points",
        ha="center",
        va="bottom",
        fontsize=7.5,
        color=style.MUTED,
    )
