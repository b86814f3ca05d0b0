"""The report of a study of estimators: sections, the table, and its answer in a sentence."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from . import figures, gradients, words
from .blocks import Block, Picture, Section, Table, slug
from .results import Results

_RELATIVE = (
    "relative to the norm of the exact gradient of the expected cost under sampled addresses"
)
_TIME = "processor time of one gradient, forward and backward"


def errors(results: Results) -> Section | None:
    """Error against time, bias and deviation, cosine; None where no gradient was measured."""
    rows = gradients.measured(results)
    if rows.empty:
        return None
    blocks: list[Block] = []
    for task in results.tasks:
        here = rows[rows["task"] == task]
        if here.empty:
            continue
        curves, tag = gradients.curves(here), (task,) if len(results.tasks) > 1 else ()
        on = f" on {task}" if tag else ""
        n = words.seeds(curves["n"])
        sizes = words.listed(str(size) for size in sorted(set(curves["samples"])))
        blocks += [
            Picture(
                slug("gradient-error", *tag),
                f"Error of the gradient against its time{on}",
                f"Root mean square error {_RELATIVE}, against {_TIME}. Markers are "
                f"{sizes} rollouts averaged; lines are medians over seeds, {n}. A line falls while "
                "variance is what is wrong and flattens on its bias, which is dotted where it is "
                "more than noise. Estimators that draw nothing gain nothing from more rollouts.",
                figures.gradient_error(curves, gradients.summary(here)),
            ),
            *_spreads(here, tag, on),
            Picture(
                slug("gradient-cosine", *tag),
                f"Cosine to the exact gradient{on}",
                "Cosine between an estimate and the exact gradient, mean over draws, against the "
                f"rollouts averaged; lines are medians over seeds, {n}.",
                figures.gradient_cosine(curves),
            ),
        ]
    return Section("gradients", "Bias, variance and time", tuple(blocks))


def numbers(results: Results) -> Section | None:
    """The table of all estimators; None without rows of gradients."""
    rows = gradients.measured(results)
    if rows.empty:
        return None
    return Section("estimators", "All estimators", (table(rows), points(rows)))


def points(rows: pd.DataFrame) -> Table:
    """Where the gradients were measured."""
    found = gradients.points(rows)
    text = pd.DataFrame(
        {
            "Task": found["task"],
            "When": [gradients.when(step) for step in found["step"]],
            "Cell": found["cell"],
            "Expected cost (nats)": [words.number(value) for value in found["cost"]],
            "Lowest to highest": _span(found, "cost"),
            "Norm of the exact gradient": _span(found, "norm"),
            "n": found["n"].astype(str),
        }
    )
    caption = (
        "Expected cost of the measured sequence under sampled addresses, by enumeration: mean over "
        "n seeds, and the range over them; and the range of the norm of its gradient."
    )
    return Table("points", "Where gradients were measured", caption, text, found)


def table(rows: pd.DataFrame) -> Table:
    """Per point, cell and estimator: bias with its noise, deviation, cosine, time to an error."""
    found = gradients.summary(rows)
    text = pd.DataFrame(
        {
            "Task": found["task"],
            "When": [gradients.when(step) for step in found["step"]],
            "Cell": found["cell"],
            "Estimator": found["label"],
            "Bias": [_bias(row) for row in found.itertuples(index=False)],
            "Noise of the bias": [words.number(value, 2) for value in _kept(found["noise"])],
            "Deviation of one rollout": [words.number(v, 3) for v in _kept(found["single"])],
            f"Cosine at {words.listed(map(str, sorted(set(found['cosine_samples']))))}": [
                f"{value:.3f}".replace("-", words.MINUS) for value in found["cosine"]
            ],
            **{
                f"Time to error {level:g}": [
                    _reached(row, level) for row in found.to_dict("records")
                ]
                for level in gradients.THRESHOLDS
            },
            "n": found["n"].astype(str),
        }
    )
    if found["task"].nunique() == 1:
        text = text.drop(columns="Task")
    caption = (
        f"Bias, its noise and the deviation are {_RELATIVE}; medians over n seeds, the first two "
        f"from the most rollouts. A bias in brackets is at most {gradients.NOISE:g} times its "
        "noise in the median seed: none can be seen. Times are medians over seeds of the "
        f"{_TIME}, read between measured points; the fewest rollouts measured are "
        f"{rows['samples'].min():g}. Where an error was not reached, either the bias is above it "
        "(never: bias), or more rollouts than were measured would be needed."
    )
    return Table("estimators", "Estimators against the exact gradient", caption, text, found)


def sentence(results: Results) -> str | None:
    """The answer of a study of gradients, from its last point; None where there is none."""
    rows = gradients.measured(results)
    if rows.empty:
        return None
    every = gradients.summary(rows)
    last = every[every["step"] == every["step"].max()]
    n = words.seeds(last["n"])
    fastest = [_fastest(last, level) for level in gradients.THRESHOLDS]
    begins = f"{gradients.when(int(last['step'].iloc[0]))}, the gradient came "
    clauses = [begins[0].upper() + begins[1:] + f"{'; it came '.join(fastest)} (medians, {n})"]
    seen = every.groupby("label", sort=False)["visible"].any()
    clean = [label for label, visible in seen.items() if not visible]
    if clean:
        clauses.append(f"no bias can be seen anywhere in {words.listed(map(str, clean))}")
    biased = last[last["visible"]]
    if len(biased):
        worst = biased.loc[biased["bias"].idxmax()]
        size = words.number(float(worst["bias"]), 2)
        clauses.append(f"the largest bias is that of {worst['model']}, {size} times the gradient")
    return "; ".join(clauses) + "."


def _fastest(last: pd.DataFrame, level: float) -> str:
    column, parts = gradients.reach(level), []
    for (task, cell), group in last.groupby(["task", "cell"], sort=False):
        where = f"{cell} on {task}" if last["task"].nunique() > 1 else str(cell)
        best = group.loc[group[column].idxmin()]
        if math.isinf(best[column]):
            parts.append(f"in {where} with none of them")
        else:
            parts.append(f"in {where} with {best['label']} ({_milliseconds(best[column])})")
    return f"within a relative error of {level:g} soonest {words.listed(parts)}"


def _spreads(rows: pd.DataFrame, tag: tuple[str, ...], on: str) -> list[Block]:
    each = gradients.seeds(rows)
    pictures: list[Block] = []
    for cell, group in each.groupby("cell", sort=False):
        n = words.seeds(group.groupby(["model", "step"])["seed"].nunique())
        caption = (
            f"Bias (left) and deviation of a single rollout's gradient (right) in {cell}, "
            f"{_RELATIVE}. Every marker is one seed, hollow before training and filled after; {n} "
            f"per estimator. Grey: up to {gradients.NOISE:g} times the noise of the bias, where an "
            "unbiased estimator lies too. Scales are linear up to the first tick beyond zero and "
            "logarithmic above."
        )
        figure = figures.gradient_spread(group)
        title = f"Bias and deviation in {cell}{on}"
        pictures.append(Picture(slug("gradient-spread", str(cell), *tag), title, caption, figure))
    return pictures


def _span(found: pd.DataFrame, name: str) -> list[str]:
    ends = zip(found[f"lowest_{name}"], found[f"highest_{name}"], strict=True)
    return [words.span(low, high, words.number) for low, high in ends]


def _kept(values: pd.Series) -> np.ndarray:
    """What is only rounding is nothing."""
    return np.where(values < 1e-9, 0.0, values)


def _bias(row: object) -> str:
    value, visible = row.bias, row.visible  # type: ignore[attr-defined]
    text = words.number(0.0 if value < 1e-9 else value, 2)
    return text if visible else f"({text})"


def _reached(row: dict[str, float], level: float) -> str:
    seconds = row[gradients.reach(level)]
    if math.isfinite(seconds):
        return _milliseconds(seconds)
    if row["visible"] and row["bias"] > level:
        return "never: bias"
    return f"above {_milliseconds(row['slowest'])}"


def _milliseconds(seconds: float) -> str:
    return f"{words.number(1000 * seconds, 2)}\N{NO-BREAK SPACE}ms"
