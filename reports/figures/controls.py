"""Scores beside those of controls, in which the memory cannot help."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from .. import style
from . import panels
from .rows import model_rows

_MARKERS = {
    "soft": "3",
    "one_slot": "4",
    "cut_off": "x",
    "frozen": "|",
    "shuffled": "+",
}
_LABELS = {
    "accuracy": "final accuracy at the trained lengths",
    "success": "share of test episodes that succeed after training",
}


@style.themed
def controls(
    models: pd.DataFrame,
    *,
    names: Mapping[str, str],
    score: str = "accuracy",
    chance: float = float("nan"),
) -> Figure:
    """One row per model: its `score`, and that of each control; `names` has their columns."""
    figure, (axes,) = model_rows(models, panels=1)
    looks: dict[str, dict[str, Any]] = {
        column: {"marker": _MARKERS[column], "color": style.INK, "linestyle": "", "markersize": 8.0}
        for column in names
    }
    for row, (_, model) in enumerate(models.iterrows()):
        scores = model[[score, *names]].to_numpy(float)
        ends = [np.nanmin(scores), np.nanmax(scores)]
        drawn = axes.plot(ends, [row, row], color=style.GRID, linewidth=2, zorder=1)
        drawn += axes.plot(model[score], row, **style.points(model, 8))
        for column, look in looks.items():
            drawn += axes.plot(model[column], row, **look)
        style.tag(model, *drawn)
    guessing = ""
    if np.isfinite(chance):
        axes.axvline(chance, color=style.MUTED, linewidth=0.9, linestyle=(0, (1, 2)))
        guessing = " (dotted: guessing)"
    axes.set_xlabel(f"{_LABELS[score]}{guessing}")
    panels.per_cent(axes.xaxis)
    own = {**style.points(models.iloc[0], 8), "color": style.MUTED}
    entries = {"as trained": Line2D([], [], **own)}
    panels.legend(figure, entries | {names[c]: Line2D([], [], **look) for c, look in looks.items()})
    return figure
