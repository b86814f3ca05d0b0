"""What a trained memory loses by choosing one slot at test, and what is left without it.

The soft-hard gap is errors with one slot minus errors with the whole weighting, of one network at
one length. A network that uses k slots at test is compared with these.
"""

from __future__ import annotations

import pandas as pd

from ... import formats
from ...results import Results, once
from . import frames

SCORES = {
    "errors_soft": "soft",
    "errors_one_slot": "one slot",
    "errors_cut_off": "cut off",
    "errors_frozen": "frozen",
    "errors_shuffled": "shuffled",
}
"""Columns of wrong bits or symbols per sequence, and the address under which they were made."""
CONTROLS = {
    "Wrong, cut off": "errors_cut_off",
    "Wrong, frozen": "errors_frozen",
    "Wrong, shuffled": "errors_shuffled",
}
"""Titles of the scores without the help of the memory, in tables."""
COLUMNS = ["errors", *SCORES, "gap", "entropy"]


@once
def final(results: Results) -> pd.DataFrame:
    """One row per trial with memory and test length, at the end, where every address was tested.

    `errors` is that under the own address; `entropy` is in nats, the mean over steps and heads of
    the weightings that make `errors_soft`.
    """
    own = frames.final(results)
    found = own[[*frames.PLACED, "errors", "entropy"]]
    for column, address in SCORES.items():
        scores = frames.final(results, address).rename(columns={"errors": column})
        if address == "soft":
            scores = scores.rename(columns={"entropy": "entropy_soft"})
            scores = scores[["trial", "length", column, "entropy_soft"]]
        else:
            scores = scores[["trial", "length", column]]
        found = found.merge(scores, on=["trial", "length"], how="left")
    found = found.astype(dict.fromkeys(SCORES, float))
    found = found.assign(
        errors_soft=found["errors_soft"].fillna(found["errors"]),
        entropy=found["entropy_soft"].fillna(found["entropy"]).astype(float),
    ).drop(columns="entropy_soft")
    found = found.assign(gap=found["errors_one_slot"] - found["errors_soft"])
    return found.dropna(subset=["gap"]).reset_index(drop=True)


def controls(numbers: pd.DataFrame) -> dict[str, list[str]]:
    """The columns of a table about the controls that were tested."""
    return {
        title: [formats.number(value) for value in numbers[column]]
        for title, column in CONTROLS.items()
        if numbers[column].notna().any()
    }


@once
def at_trained_lengths(results: Results) -> pd.DataFrame:
    """One row per trial with memory: the columns of `final` averaged over the trained lengths."""
    return frames.at_trained_lengths(final(results), COLUMNS)


@once
def by_length(results: Results) -> pd.DataFrame:
    """Medians over seeds per model and test length, with the extremes of the gap, and n."""
    groups = final(results).groupby([*frames.MODEL, "length"], as_index=False, sort=False)
    return groups.agg(
        **{name: (name, "median") for name in COLUMNS},
        low=("gap", "min"),
        high=("gap", "max"),
        n=("trial", "nunique"),
    )


@once
def by_model(results: Results) -> pd.DataFrame:
    """Medians over seeds per model, at the trained lengths."""
    groups = at_trained_lengths(results).groupby(frames.MODEL, as_index=False, sort=False)
    return groups.agg(**{name: (name, "median") for name in COLUMNS}, n=("trial", "nunique"))
