"""What a network still knows where its memory cannot help it: beside each score, its controls."""

from __future__ import annotations

import pandas as pd

from ...blocks import Section
from ...results import Results, once
from . import frames
from .tested import CONTROLS, Tested, means

SCORES = ["accuracy", *CONTROLS]
TESTED = Tested(
    score="accuracy",
    addresses=CONTROLS,
    scored="Accuracy at the trained lengths",
    says=(
        "In the controls the same networks answer the same sequences with every read zero (cut "
        "off), with contents that are put back to the initial ones after every step (frozen), and "
        "with addresses moved to slots drawn at random for every sequence, head and step (shuffled)"
    ),
    where="under controls",
    model="A model",
    name="controls",
    title="Controls",
)


@once
def final(results: Results) -> pd.DataFrame:
    """One row per trial with memory: accuracy at the trained lengths, its own and of the controls.

    A control that was not tested, as in results of earlier versions, is missing.
    """

    def under(address: str) -> pd.DataFrame:
        return frames.at_trained_lengths(frames.final(results, address), ["accuracy"])

    return TESTED.beside(under(frames.OWN), under)


@once
def by_model(results: Results) -> pd.DataFrame:
    """IQM over seeds of every score, per model; `seeds` of them."""
    return means(final(results), SCORES)


def controls(results: Results) -> Section | None:
    """Every model's score beside those of its controls; None where no control was tested."""
    models = by_model(results)
    chance = {task: frames.chance(results, task) for task in set(models["task"])}
    return TESTED.section(results, models, chance)
