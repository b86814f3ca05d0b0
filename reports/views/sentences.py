"""What a figure shows, in one sentence that is computed from the numbers that it draws."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from .. import formats

_SHARE = 0.9


def curves(
    frame: pd.DataFrame, *, x: str, y: str, write: Callable[[float], str], rising: bool = True
) -> str:
    """Of learning curves: which model ends best, and which came nearest to that first.

    `x` and `y` are the words for both axes.
    """
    ends = frame.groupby("model", sort=False).tail(1).set_index("model")["value"].astype(float)
    ends = ends.dropna()
    if ends.empty:
        return ""
    best = ends.idxmax() if rising else ends.idxmin()
    level = ends[best]
    begins = f"{best} ends with the {'highest' if rising else 'lowest'} {y}, {write(level)}"
    if len(ends) == 1:
        return f"{begins}."
    firsts = frame.groupby("model", sort=False).head(1)["value"].astype(float)
    worst = firsts.min() if rising else firsts.max()
    goal = worst + _SHARE * (level - worst)
    reached = frame[frame["value"] >= goal] if rising else frame[frame["value"] <= goal]
    soonest = reached.loc[reached["x"].idxmin()]
    when = f"{formats.number(float(soonest['x']))} {x}"
    return f"{begins}; {soonest['model']} is the first at {write(goal)}, after {when}."


def finals(summary: pd.DataFrame) -> str:
    """Of final accuracies: the highest, its interval, and how many models reach into it."""
    known = summary.dropna(subset=["value"])
    if known.empty:
        return ""
    best = known.loc[known["value"].idxmax()]
    says = f"{best['model']} is the most accurate, {formats.per_cent(best['value'])}"
    if len(known) == 1:
        return f"{says}."
    worst = known.loc[known["value"].idxmin()]
    lowest = f"{worst['model']} the least, {formats.per_cent(worst['value'])}"
    if pd.isna(best["low"]):
        return f"{says}, and {lowest}."
    others = known[(known["model"] != best["model"]) & (known["high"] >= best["low"])]
    reach = (
        "no other model's interval reaches into its own"
        if others.empty
        else f"{formats.plural(len(others), 'other model')} reach into its interval"
        if len(others) > 1
        else f"{others['model'].iloc[0]} reaches into its interval"
    )
    span = formats.span(best["low"], best["high"])
    return f"{says} (95 % interval {span}), and {lowest}; {reach}."


def grid(summary: pd.DataFrame) -> str:
    """Of cells against estimators: the best square, and the estimator that is best on average."""
    known = summary.dropna(subset=["value"])
    best = known.loc[known["value"].idxmax()]
    squares = known.groupby(["cell", "estimator"], sort=False)["value"].max()
    means = squares.groupby("estimator", sort=False).mean()
    full = squares.groupby("estimator", sort=False).size() == known["cell"].nunique()
    says = (
        f"The best square is {best['cell']} with {best['estimator']}, "
        f"{formats.per_cent(best['value'])}"
    )
    if full.sum() < 2:
        return f"{says}."
    top = means[full].idxmax()
    return f"{says}; averaged over all cells {top} is the best, {formats.per_cent(means[top])}."


def against(frame: pd.DataFrame, *, number: str, trained: tuple[float, float]) -> str:
    """Of accuracy against length or another number: what is left at the largest value."""
    last = frame[frame["length"] == frame["length"].max()].dropna(subset=["value"])
    if last.empty:
        return ""
    best, worst = last.loc[last["value"].idxmax()], last.loc[last["value"].idxmin()]
    at = f"At the largest {number} tested, {last['length'].iloc[0]:g}"
    beyond = " and outside of training" if last["length"].iloc[0] > trained[1] else ""
    says = f"{at}{beyond}, {best['model']} keeps {formats.per_cent(best['value'])}"
    if len(last) == 1:
        return f"{says}."
    return f"{says} and {worst['model']} {formats.per_cent(worst['value'])}."


def gaps(medians: Mapping[str, float] | pd.Series) -> str:
    """Of soft-hard gaps: to which model one slot costs the most, and to which the least."""
    found = pd.Series(medians, dtype=float).dropna()
    if found.empty:
        return ""
    most, least = found.idxmax(), found.idxmin()
    says = f"One slot costs {most} {formats.signed(found[most])} wrong per sequence"
    if len(found) == 1:
        return f"{says} (median)."
    return f"{says} (median), the most, and {least} {formats.signed(found[least])}, the least."


def least_and_most(values: pd.Series, write: Callable[[float], str], what: str) -> str:
    """Of numbers per model: the smallest, the largest, and their ratio."""
    known = values.dropna()
    if known.empty:
        return ""
    low, high = known.idxmin(), known.idxmax()
    says = f"{low} takes the least {what}, {write(known[low])}"
    if len(known) == 1 or known[low] <= 0:
        return f"{says} (median)."
    times = formats.number(known[high] / known[low], 2)
    return f"{says}; {high} takes the most, {write(known[high])}, {times} times that (medians)."


def survival(frame: pd.DataFrame, write: Callable[[float], str]) -> str:
    """Of curves of unsolved trials: which model had half of them solved first, and when."""
    half = frame[frame["value"] <= 0.5]
    models = frame["model"].nunique()
    never = models - frame.loc[frame["value"] < 1, "model"].nunique()
    ends = f"; {formats.plural(never, 'model')} never solved it" if never else ""
    if half.empty:
        return f"No model solved the task in half of its trials{ends}."
    first = half.loc[half["x"].idxmin()]
    when = write(float(first["x"]))
    return f"{first['model']} is the first to have solved half of its trials, after {when}{ends}."


def profile(means: pd.Series) -> str:
    """Of performance profiles: the model with the largest mean."""
    best = means.idxmax()
    level = formats.per_cent(means[best])
    return f"The area below the line of {best} is the largest: its mean is {level}."


def addressing(trace: Mapping[str, np.ndarray]) -> str:
    """Of heads on one sequence: how sharply each points, and how many slots it uses."""
    weights_THN = trace["weights_THN"]
    sharp = weights_THN.max(axis=2).mean(axis=0)
    used = (weights_THN.max(axis=0) >= 0.5).sum(axis=1)
    parts = [
        f"{name} head {formats.number(float(level), 2)}"
        for name, level in zip(map(str, trace["heads"]), sharp, strict=True)
    ]
    slots = formats.plural(int(used.max()), "slot")
    return (
        f"The mean weight of the slot with most: {formats.listed(parts)}; a head gave half of its "
        f"weight or more to {slots} of {weights_THN.shape[2]} at most."
    )


def sharpest(traces: Mapping[str, Mapping[str, np.ndarray]]) -> str:
    """Of models on the same sequence: whose heads point most sharply, and whose least."""
    means = {name: float(each["weights_THN"].max(axis=2).mean()) for name, each in traces.items()}
    most, least = max(means, key=means.__getitem__), min(means, key=means.__getitem__)
    return (
        f"Averaged over heads and steps, the slot with most weight has {means[most]:.2f} in "
        f"{most}, the most of these, and {means[least]:.2f} in {least}, the least."
    )
