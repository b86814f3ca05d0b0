"""Tidy frames of measured gradients: how far an estimator's gradient is from the exact one."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from ...results import Results
from ...variants import LOOK

MODEL = ["task", "step", "cell", "estimator", "model", "label", *LOOK]
THRESHOLDS = (0.5, 0.1)
"""Relative errors for which the time to reach them is reported."""
COSINE_AT = 32
"""The table gives the cosine at so many rollouts, or the nearest number that was measured."""
NOISE = 3.0
"""A bias is visible if it is more than so many times its noise."""


def measured(results: Results) -> pd.DataFrame:
    """The rows of finished trials; `label` is the model's name without its cell."""
    rows = results.rows
    names = zip(rows["cell"], rows["model"], strict=True)
    return rows.assign(label=[model.removeprefix(f"{cell}/") for cell, model in names])


def curves(rows: pd.DataFrame) -> pd.DataFrame:
    """Medians over seeds per model and number of rollouts, with the extremes of the error."""
    groups = rows.groupby([*MODEL, "samples"], sort=False, as_index=False)
    return groups.agg(
        seconds=("seconds_per_gradient", "median"),
        error=("error", "median"),
        low=("error", "min"),
        high=("error", "max"),
        cosine=("cosine", "median"),
        n=("seed", "nunique"),
    )


def seeds(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per model and seed, from the most rollouts: bias, and the deviation of one rollout.

    `reach_…` is the processor time of a gradient of that relative error, infinite where no
    measured number of rollouts reached it.
    """
    keys = [*MODEL, "seed"]
    most = rows[rows["samples"] == rows.groupby(keys)["samples"].transform("max")]
    distance = np.log(rows["samples"] / COSINE_AT).abs()
    nearest = rows[distance == distance.groupby([rows[key] for key in keys]).transform("min")]
    cosines = nearest.drop_duplicates(keys)[[*keys, "samples", "cosine"]]
    cosines = cosines.rename(columns={"samples": "cosine_samples"})
    found = most.drop(columns="cosine").merge(cosines, on=keys)
    reached = [
        {**dict(zip(keys, key, strict=True))}
        | {reach(level): seconds_to(group, level) for level in THRESHOLDS}
        for key, group in rows.groupby(keys, sort=False)
    ]
    found = found.merge(pd.DataFrame(reached), on=keys)
    return found.assign(single=found["deviation"] * np.sqrt(found["samples"]))


def reach(level: float) -> str:
    """The column that holds the seconds to reach a relative error."""
    return f"reach_{level:g}"


def seconds_to(group: pd.DataFrame, level: float) -> float:
    """Least time of a gradient with that error or less, infinite where no point has so little.

    Between two measured points the time lies on the line between their logarithms.
    """
    ordered = group.sort_values("samples")
    errors, seconds = ordered["error"].to_numpy(float), ordered["seconds_per_gradient"].to_numpy()
    below = np.flatnonzero(errors <= level)
    if not len(below):
        return math.inf
    last, cheapest = int(below[0]), float(seconds[below].min())
    if last == 0:
        return cheapest
    ends = np.log(errors[[last, last - 1]])
    between = np.exp(np.interp(np.log(level), ends, np.log(seconds[[last, last - 1]])))
    return min(cheapest, float(between))


def summary(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per model and point: medians over seeds, and n.

    `visible` says whether the bias stands out from its noise. A few rollouts may carry most of the
    variance, and a seed that does not draw them has too low a noise: so the median seed decides.
    """
    each = seeds(rows)
    # an estimator that draws nothing has no noise, and what it has of a bias may be rounding
    each = each.assign(ratio=each["bias"] / each["bias_noise"].clip(lower=1e-9))
    groups = each.groupby(MODEL, sort=False, as_index=False)
    frame = groups.agg(
        bias=("bias", "median"),
        noise=("bias_noise", "median"),
        ratio=("ratio", "median"),
        single=("single", "median"),
        cosine=("cosine", "median"),
        cosine_samples=("cosine_samples", "first"),
        n=("seed", "nunique"),
        **{reach(level): (reach(level), "median") for level in THRESHOLDS},
        slowest=("seconds_per_gradient", "max"),
    )
    frame = frame.assign(visible=frame["ratio"] > NOISE)
    return frame.sort_values("step", kind="stable", ignore_index=True)


def points(rows: pd.DataFrame) -> pd.DataFrame:
    """Where gradients were measured: cost in nats and norm of the exact gradient, over seeds."""
    once = rows.drop_duplicates(["task", "step", "cell", "seed"])
    groups = once.groupby(["task", "step", "cell"], sort=False, as_index=False)
    frame = groups.agg(
        cost=("expected_cost", "mean"),
        lowest_cost=("expected_cost", "min"),
        highest_cost=("expected_cost", "max"),
        lowest_norm=("exact_norm", "min"),
        highest_norm=("exact_norm", "max"),
        n=("seed", "nunique"),
    )
    return frame.sort_values("step", kind="stable", ignore_index=True)
