"""What a bench measured: steps against batch size, implementations, memory against slots."""

from __future__ import annotations

from typing import Any

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, NullFormatter

from .. import formats, style
from . import panels

_COLUMNS = 3
_OTHERS = "#d1495b"
_APART: dict[str, Any] = {"linestyle": (0, (3, 2)), "linewidth": 0.9}


@style.themed
def step_time(
    frame: pd.DataFrame, across: str = "batch size", up: str = "ms per training step"
) -> Figure:
    """Milliseconds per training step against batch size, a panel per model.

    One colour per backend, the band from the 10th to the 90th percentile of the rounds, and the
    machine's limit as a dotted line where it is known. Several thread counts have a dash each.
    `across` and `up` are what the axes are called.
    """
    frame = frame.dropna(subset=["ms"]).assign(
        model=lambda f: f["cell"] + "/" + f["estimator"] + " " + f["controller"],
        threads=lambda f: f["threads"] if "threads" in f else 1,
    )
    models = list(dict.fromkeys(frame["model"]))
    figure, grid = _grid(len(models), height=2.5)
    entries: dict[str, Line2D] = {}
    for model, axes in zip(models, grid, strict=True):
        rows = frame[frame["model"] == model]
        for number, (threads, some) in enumerate(rows.groupby("threads", sort=True)):
            dash = panels.dashes(number)
            tail = f", {threads} threads" if frame["threads"].nunique() > 1 else ""
            for backend, line in some.groupby("backend", sort=False):
                colour = style.backend_colour(str(backend))
                _line(axes, line, "batch", "ms", colour, dash)
                axes.fill_between(
                    line["batch"], line["ms_p10"], line["ms_p90"], color=colour, alpha=0.2, lw=0
                )
                entries[f"{backend}{tail}"] = panels.sample(colour, dash)
            if "limit_ms" in frame:
                limit = some.drop_duplicates("batch")
                _line(axes, limit, "batch", "limit_ms", style.INK, ":", marker="")
                entries["limit of the machine"] = panels.sample(style.INK, ":")
        axes.set_title(model)
        _logarithmic(axes, sorted(set(rows["batch"])))
    _outer_labels(grid, across, up)
    panels.legend(figure, entries)
    return figure


@style.themed
def implementations(frame: pd.DataFrame) -> Figure:
    """Milliseconds per training step of every implementation, a panel per batch size.

    Ours have the colours of their backends; the band is from the 10th to the 90th percentile.
    """
    frame = frame.dropna(subset=["ms"])
    names = list(dict.fromkeys(frame.sort_values("model", kind="stable")["implementation"]))
    batches = sorted(set(frame["batch"]))
    figure = style.canvas(0.38 * len(names) + 0.95)
    grid = figure.subplots(1, len(batches), sharey=True, squeeze=False)[0]
    for axes, batch in zip(grid, batches, strict=True):
        rows = frame[frame["batch"] == batch].set_index("implementation")
        for place, name in enumerate(names):
            if name not in rows.index:
                continue
            row = rows.loc[name]
            backend = name.rpartition(" ")[2]
            colour = style.backend_colour(backend) if row["ours"] else _OTHERS
            axes.plot([row["ms_p10"], row["ms_p90"]], [place, place], color=colour, lw=5, alpha=0.3)
            axes.plot(row["ms"], place, marker="o", color=colour, markersize=6)
            axes.annotate(
                formats.number(row["ms"]),
                (row["ms"], place),
                xytext=(0, 5),
                textcoords="offset points",
                ha="center",
                fontsize=8,
            )
        axes.set(xscale="log", title=f"batch {batch}", xlabel="ms per training step")
        axes.set_ylim(len(names) - 0.4, -0.6)
        axes.set_xlim(rows["ms_p10"].min() / 2, rows["ms_p90"].max() * 2)
        axes.xaxis.set_major_formatter(FuncFormatter(_plain))
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.tick_params(axis="y", length=0)
    grid[0].set_yticks(range(len(names)), names)
    return figure


@style.themed
def memory_cost(frame: pd.DataFrame) -> Figure:
    """Time of a sequence and its peak memory against the number of slots, both axes logarithmic.

    Thin and dashed: the part of the time that finding the address takes, where it was measured.
    """
    figure = style.canvas(3.4)
    left, right = figure.subplots(1, 2)
    entries: dict[str, Line2D] = {}
    models = list(dict.fromkeys(frame["model"]))
    palette = dict(zip(models, sns.husl_palette(len(models), l=0.5, s=0.8), strict=True))
    for model, rows in frame.groupby("model", sort=False):
        cell, _, estimator = str(model).partition("/")
        colour, marker = palette[model], style.marker(cell)
        _line(left, rows.dropna(subset=["ms"]), "slots", "ms", colour, "-", marker)
        if "address_ms" in rows and rows["address_ms"].notna().any():
            apart = rows.dropna(subset=["address_ms"])
            apart = apart.sort_values("slots")
            left.plot(apart["slots"], apart["address_ms"], color=colour, alpha=0.7, **_APART)
        _line(right, rows.dropna(subset=["peak_mb"]), "slots", "peak_mb", colour, "-", marker)
        entries[str(model)] = Line2D([], [], color=colour, marker=marker, markersize=4.5)
    left.set(title="Time of a sequence", ylabel="ms", xlabel="slots")
    right.set(title="Peak memory of a sequence", ylabel="MB beside the contents", xlabel="slots")
    for axes in (left, right):
        _logarithmic(axes, sorted(set(frame["slots"])))
    if "address_ms" in frame and frame["address_ms"].notna().any():
        entries["finding the address"] = Line2D([], [], color=style.MUTED, **_APART)
    panels.legend(figure, entries)
    return figure


def _grid(count: int, height: float) -> tuple[Figure, list[Axes]]:
    columns = _columns(count)
    rows = max(-(-count // columns), 1)
    figure = style.canvas(height * rows + 0.35, style.WIDTH if columns > 1 else 5.6)
    found = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    for spare in found[count:]:
        spare.set_visible(False)
    return figure, list(found[:count])


def _columns(count: int) -> int:
    return 2 if count == 4 else max(min(count, _COLUMNS), 1)


def _outer_labels(grid: list[Axes], x: str, y: str) -> None:
    for axes in grid:
        axes.set(xlabel=x, ylabel=y)
        panels.label_outer(axes)


def _line(
    axes: Axes, rows: pd.DataFrame, x: str, y: str, colour: Any, dash: Any, marker: str = "o"
) -> None:
    rows = rows.sort_values(x)
    axes.plot(rows[x], rows[y], color=colour, linestyle=dash, marker=marker or None, markersize=4.5)


def _logarithmic(axes: Axes, ticks: list[int]) -> None:
    axes.set(xscale="log", yscale="log")
    axes.set_xticks(ticks, [_short(tick) for tick in ticks])
    axes.minorticks_off()
    axes.yaxis.set_major_formatter(FuncFormatter(_plain))


def _short(value: int) -> str:
    for size, letter in ((2**20, "M"), (2**10, "k")):
        if value >= size and value % size == 0:
            return f"{value // size}{letter}"
    return str(value)


def _plain(value: float, _: object = None) -> str:
    return f"{value:g}"
