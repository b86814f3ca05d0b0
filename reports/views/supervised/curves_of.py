"""Curves of models, put together from the curves of their trials."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ... import statistics

POINTS = 120
"""Values of x at which all trials of a model are read."""


def models(rows: pd.DataFrame, keys: list[str], solved: set[str], x: str, y: str) -> pd.DataFrame:
    """The curves of all models, as `aligned` has them, with the columns `keys` of each."""
    groups = list(rows.groupby(keys, sort=False))
    if not groups:
        return pd.DataFrame(columns=[*keys, "x", "value", "low", "high", "n", "solved"])
    curves = [aligned(group, solved, x, y) for _, group in groups]
    named = pd.DataFrame([key for key, _ in groups], columns=keys)
    named = named.loc[named.index.repeat([len(curve) for curve in curves])]
    return pd.concat([named.reset_index(drop=True), pd.concat(curves, ignore_index=True)], axis=1)


def aligned(group: pd.DataFrame, solved: set[str], x: str, y: str) -> pd.DataFrame:
    """The curve of one model's trials: IQM of `y`, with its band, at the same values of `x`.

    The trials that `solved` their task keep their last value.
    """
    numbers, trials = pd.factorize(group["trial"])
    xs, ys = (group[name].to_numpy(dtype=float) for name in (x, y))
    # by trial, then along the curve; arrays, as a large report has thousands of short curves
    order = np.lexsort((xs, numbers))
    borders = np.flatnonzero(np.diff(numbers[order])) + 1
    curves = list(zip(*(np.split(each[order], borders) for each in (xs, ys)), strict=True))
    start = max(at[0] for at, _ in curves)
    stops = [at[-1] for trial, (at, _) in zip(trials, curves, strict=True) if trial not in solved]
    end = max(min(stops) if stops else max(at[-1] for at, _ in curves), start)
    grid = np.unique(np.linspace(start, end, POINTS))
    values_SP = np.stack([np.interp(grid, at, values) for at, values in curves])
    low, high = statistics.band(values_SP, statistics.generator())
    value = statistics.iqm(values_SP, axis=0)
    shape = {"x": grid, "value": value, "low": low, "high": high}
    return pd.DataFrame({**shape, "n": len(trials), "solved": not stops})
