"""How the score depends on a setting that was searched."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from .. import style

MOST_ACROSS = 3


@style.themed
def sensitivity(frames: Mapping[str, pd.DataFrame], *, score: str) -> Figure:
    """Score against each value, one panel per name, one line per model; rings mark what was chosen.

    Each frame has the columns `model`, `value`, `score` and `chosen`. Values that are all positive
    numbers and span a factor of ten are on a logarithmic axis.
    """
    across = min(len(frames), MOST_ACROSS)
    down = -(-len(frames) // across)
    figure = Figure(figsize=(style.WIDTH, 2.9 * down), layout="constrained")
    grid = figure.subplots(down, across, squeeze=False, sharey=True).flat
    models = list(dict.fromkeys(model for frame in frames.values() for model in frame["model"]))
    palette = dict(zip(models, sns.color_palette("colorblind", len(models)), strict=True))
    for axes, (name, frame) in zip(grid, frames.items(), strict=False):
        numeric = bool(frame["value"].map(lambda value: not isinstance(value, str)).all())
        ordered = frame.sort_values("value") if numeric else frame.astype({"value": str})
        sns.lineplot(
            ordered,
            x="value",
            y="score",
            hue="model",
            style="model",
            hue_order=models,
            style_order=models,
            palette=palette,
            markers=True,
            estimator=None,
            ax=axes,
            legend="full",
        )
        chosen = ordered[ordered["chosen"]]
        axes.plot(chosen["value"], chosen["score"], "o", ms=11, mfc="none", mec=style.INK, mew=1.2)
        if (
            numeric
            and frame["value"].min() > 0
            and frame["value"].max() >= 10 * frame["value"].min()
        ):
            axes.set_xscale("log")
        axes.set(xlabel=name, ylabel=score)
        axes.label_outer()
        axes.set_xlabel(name)
        handles, labels = axes.get_legend_handles_labels()
        axes.get_legend().remove()
    for axes in list(grid):
        axes.set_visible(False)
    figure.legend(handles, labels, loc="outside lower center", ncols=min(len(models), 4))
    return figure
