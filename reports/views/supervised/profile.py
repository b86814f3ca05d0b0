"""Performance profiles: what share of a model's runs ends above each accuracy."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from ... import figures, formats, statistics
from ...blocks import Picture
from ...results import Results, once
from .. import sentences
from . import aggregates
from .foremost import foremost

_POINTS = 201


@once
def profiles(results: Results) -> pd.DataFrame:
    """One row per model and threshold `x`: the share of runs above it with its band, and n."""
    chosen = list(aggregates.scores(results))
    if not chosen:
        return pd.DataFrame(columns=[*aggregates.MODEL, "x", "value", "low", "high", "n"])
    lowest = min(float(scores_SK.min()) for _, scores_SK in chosen)
    # from just below the worst run, where every share is one
    x = np.linspace(max(min(lowest, 0.99) - 0.01, 0), 1, _POINTS)
    parts = []
    for model, scores_SK in chosen:
        low, high = statistics.profile_band(scores_SK, x, statistics.generator())
        value = statistics.performance_profile(scores_SK, x)
        shape = {"x": x, "value": value, "low": low, "high": high, "n": len(scores_SK)}
        parts.append(pd.DataFrame(shape).assign(**model[aggregates.MODEL].to_dict()))
    return pd.concat(parts, ignore_index=True)


def pictures(results: Results) -> list[Picture]:
    """The profile of every model over all tasks; none where all have one seed of one task."""
    frame = profiles(results)
    tasks = len(results.tasks)
    if frame.empty or (frame["n"].max() < 2 and tasks < 2):
        return []
    over = f"over {tasks} tasks, each counting the same, and seeds" if tasks > 1 else "over seeds"
    caption = (
        f"The share of a model's runs, {over}, whose final accuracy at the trained lengths is "
        "above the value on the axis; the area below a line, taken from 0 to 1, is the mean. A "
        "curve that is above another everywhere is of a better model. Bands are 95 % bootstrap "
        "intervals over seeds, redrawn within each task, at each value by itself; "
        f"{formats.seeds(frame['n'])} per model."
    )
    shown, left_out = foremost(results, frame)
    figure = partial(figures.performance_profile, shown)
    means = {model["model"]: scores_SK.mean() for model, scores_SK in aggregates.scores(results)}
    says = sentences.profile(pd.Series(means))
    title = "Performance profile"
    return [Picture("performance-profile", title, f"{caption}{left_out}", figure, says, frame)]
