"""Where a new seed of each model will land, by tolerance intervals of its accuracies."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ... import formats, statistics
from ...results import Results
from . import frames

SHARES = {"Half of new seeds": 0.5, "90 % of new seeds": 0.9}
"""Columns of the models' table, and the share of all seeds that their intervals hold."""


def by_model(results: Results) -> pd.DataFrame:
    """One row per task and model that has an accuracy.

    Columns `new_low_50`, `new_high_50` and so on are the ends of an interval that holds this share
    of all seeds, at a confidence of 95 %, whatever the distribution; nan where seeds are too few
    for it. `lowest` and `highest` are the extreme seeds, and `range_holds` the share that lies
    between them at that confidence.
    """
    scores = frames.at_trained_lengths(frames.final(results)).dropna(subset=["accuracy"])
    rows = []
    for (task, model), found in scores.groupby(["task", "model"], sort=False)["accuracy"]:
        values = found.to_numpy(dtype=float)
        row = {"task": task, "model": model, "lowest": values.min(), "highest": values.max()}
        row["range_holds"] = statistics.range_content(len(values))
        for share in SHARES.values():
            interval = statistics.tolerance_interval(values, share)
            row |= dict(zip(_ends(share), interval, strict=True))
        rows.append(row)
    ends = [name for share in SHARES.values() for name in _ends(share)]
    return pd.DataFrame(rows, columns=["task", "model", "lowest", "highest", "range_holds", *ends])


def columns(numbers: pd.DataFrame) -> dict[str, list[str]]:
    """Of the models' table: the intervals for which a model has seeds enough."""
    shown = {}
    for title, share in SHARES.items():
        low, high = (numbers[name].astype(float) for name in _ends(share))
        if np.isfinite(low).any():
            shown[title] = formats.spans(low, high)
    return shown


def caption(numbers: pd.DataFrame) -> str:
    """A sentence on these columns; empty where there are none."""
    shown = [SHARES[title] for title in columns(numbers)]
    if not shown:
        return ""
    shares = formats.listed(f"{100 * share:.0f} %" for share in shown)
    seeds = formats.listed(str(statistics.range_seeds(share)) for share in shown)
    return (
        f"Where new seeds land: between these accuracies lie at least {shares} of all seeds of the "
        f"model, at a confidence of 95 % and whatever their distribution, which takes {seeds} "
        "seeds. "
    )


def _ends(share: float) -> tuple[str, str]:
    return f"new_low_{100 * share:.0f}", f"new_high_{100 * share:.0f}"
