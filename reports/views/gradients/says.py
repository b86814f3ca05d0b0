"""What each figure of gradients shows, in a sentence."""

from __future__ import annotations

import pandas as pd

from ... import formats


def error(curves: pd.DataFrame) -> str:
    """Which estimator comes nearest to the exact gradient, and what one gradient then takes."""
    last = curves[curves["step"] == curves["step"].max()]
    best = last.loc[last["error"].idxmin()]
    took = formats.milliseconds(float(best["seconds"]))
    return (
        f"{best['model']} comes nearest {formats.when(int(best['step']))}: a relative error of "
        f"{formats.number(float(best['error']), 2)} with {best['samples']:g} rollouts, which take "
        f"{took}."
    )


def cosine(curves: pd.DataFrame) -> str:
    """Which estimator points the right way with the fewest rollouts, and which does not."""
    last = curves[curves["step"] == curves["step"].max()]
    few = last[last["samples"] == last["samples"].min()]
    best, worst = few.loc[few["cosine"].idxmax()], few.loc[few["cosine"].idxmin()]
    return (
        f"With {few['samples'].iloc[0]:g} rollouts {formats.when(int(few['step'].iloc[0]))} the "
        f"cosine is the highest for {best['model']}, {_two(best['cosine'])}, and the lowest for "
        f"{worst['model']}, {_two(worst['cosine'])}."
    )


def spread(seeds: pd.DataFrame) -> str:
    """The largest bias and the largest deviation after training, medians over seeds."""
    last = seeds[seeds["step"] == seeds["step"].max()]
    medians = last.groupby("model", sort=False)[["bias", "single"]].median()
    bias, single = medians["bias"].idxmax(), medians["single"].idxmax()
    largest, most = medians["bias"][bias], medians["single"][single]
    return (
        f"The largest bias is that of {bias}, {formats.number(largest, 2)}; one rollout deviates "
        f"the most with {single}, by {formats.number(most, 2)} times the gradient (medians)."
    )


def _two(value: float) -> str:
    return f"{value:.2f}".replace("-", formats.MINUS)
