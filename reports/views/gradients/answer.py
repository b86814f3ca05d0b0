"""The answer of a study of gradients: which estimator comes nearest to the exact one, how fast."""

from __future__ import annotations

import math

import pandas as pd

from ... import formats
from ...blocks import Answer
from ...results import Results
from ...trial_counts import few_seeds
from . import frames


def answer(results: Results) -> Answer:
    """Name the fastest, the unbiased and the most biased estimators, after training."""
    rows = frames.measured(results)
    if rows.empty:
        return Answer("There is no answer: the finished trials hold no gradient.")
    seeds = results.facts.groupby("model")["seed"].nunique().min()
    return Answer(_sentence(rows), few_seeds(int(seeds)))


def _sentence(rows: pd.DataFrame) -> str:
    every = frames.summary(rows)
    last = every[every["step"] == every["step"].max()]
    n = formats.seeds(last["n"])
    fastest = [_fastest(last, level) for level in frames.THRESHOLDS]
    begins = f"{formats.when(int(last['step'].iloc[0]))}, the gradient came "
    clauses = [begins[0].upper() + begins[1:] + f"{'; it came '.join(fastest)} (medians, {n})"]
    seen = every.groupby("label", sort=False)["visible"].any()
    clean = [label for label, visible in seen.items() if not visible]
    if clean:
        clauses.append(f"no bias can be seen anywhere in {formats.listed(map(str, clean))}")
    biased = last[last["visible"]]
    if len(biased):
        worst = biased.loc[biased["bias"].idxmax()]
        size = formats.number(float(worst["bias"]), 2)
        clauses.append(f"the largest bias is that of {worst['model']}, {size} times the gradient")
    return "; ".join(clauses) + "."


def _fastest(last: pd.DataFrame, level: float) -> str:
    column, parts = frames.reach(level), []
    for (task, cell), group in last.groupby(["task", "cell"], sort=False):
        where = f"{cell} on {task}" if last["task"].nunique() > 1 else str(cell)
        best = group.loc[group[column].idxmin()]
        if math.isinf(best[column]):
            parts.append(f"in {where} with none of them")
        else:
            parts.append(f"in {where} with {best['label']} ({formats.milliseconds(best[column])})")
    return f"within a relative error of {level:g} soonest {formats.listed(parts)}"
