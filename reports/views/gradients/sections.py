"""Sections about measured gradients; a section that does not apply is None."""

from __future__ import annotations

from functools import partial

import pandas as pd

from ... import figures, formats
from ...blocks import Block, Picture, Section
from ...file_names import file_name
from ...results import Results
from . import frames, says
from .tables import RELATIVE, TIME, estimators, points


def errors(results: Results) -> Section | None:
    """Error against time, bias and deviation, cosine; None where no gradient was measured."""
    rows = frames.measured(results)
    if rows.empty:
        return None
    blocks: list[Block] = []
    for task in results.tasks:
        here = rows[rows["task"] == task]
        if here.empty:
            continue
        curves, tag = frames.curves(here), (task,) if len(results.tasks) > 1 else ()
        on = f" on {task}" if tag else ""
        n = formats.seeds(curves["n"])
        sizes = formats.listed(str(size) for size in sorted(set(curves["samples"])))
        blocks += [
            Picture(
                file_name("gradient-error", *tag),
                f"Error of the gradient against its time{on}",
                f"Root mean square error {RELATIVE}, against {TIME}. Markers are "
                f"{sizes} rollouts averaged; lines are medians over seeds, {n}. A line falls while "
                "variance is what is wrong and flattens on its bias, which is dotted where it is "
                "more than noise. Estimators that draw nothing gain nothing from more rollouts.",
                partial(figures.gradient_error, curves, frames.summary(here)),
                says.error(curves),
                curves,
            ),
            *_spreads(here, tag, on),
            Picture(
                file_name("gradient-cosine", *tag),
                f"Cosine to the exact gradient{on}",
                "Cosine between an estimate and the exact gradient, mean over draws, against the "
                f"rollouts averaged; lines are medians over seeds, {n}.",
                partial(figures.gradient_cosine, curves),
                says.cosine(curves),
                curves,
            ),
        ]
    return Section("gradients", "Bias, variance and time", tuple(blocks))


def numbers(results: Results) -> Section | None:
    """The table of all estimators; None where no gradient was measured."""
    rows = frames.measured(results)
    if rows.empty:
        return None
    return Section("estimators", "All estimators", (estimators(rows), points(rows)))


def _spreads(rows: pd.DataFrame, tag: tuple[str, ...], on: str) -> list[Block]:
    each = frames.seeds(rows)
    pictures: list[Block] = []
    for cell, group in each.groupby("cell", sort=False):
        n = formats.seeds(group.groupby(["model", "step"])["seed"].nunique())
        caption = (
            f"Bias (left) and deviation of a single rollout's gradient (right) in {cell}, "
            f"{RELATIVE}. Every marker is one seed, hollow before training and filled after; {n} "
            f"per estimator. Grey: up to {frames.NOISE:g} times the noise of the bias, where an "
            "unbiased estimator lies too. Scales are linear up to the first tick beyond zero and "
            "logarithmic above."
        )
        figure = partial(figures.gradient_spread, group, noise=frames.NOISE)
        title = f"Bias and deviation in {cell}{on}"
        name = file_name("gradient-spread", str(cell), *tag)
        pictures.append(Picture(name, title, caption, figure, says.spread(group), group))
    return pictures
