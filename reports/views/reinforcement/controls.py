"""What agents still do where their memory is addressed otherwise, or cannot help them."""

from __future__ import annotations

from functools import partial

import pandas as pd

from ...blocks import Section
from ...results import Results, once
from ..supervised.tested import CONTROLS, Tested, means
from . import frames

ADDRESSES = {"soft": "soft", "one_slot": "one slot", **CONTROLS}
"""Columns of success, and the address under which it was reached."""
SCORES = ["success", *ADDRESSES]
TESTED = Tested(
    score="success",
    addresses=ADDRESSES,
    scored="Success",
    says=(
        "The same episodes are played again with whole weightings (soft) and with their mode (one "
        "slot), where that is not how the agent addresses, and as controls with every read zero "
        "(cut off), with contents that are put back to the initial ones after every step (frozen), "
        "and with addresses moved to slots drawn at random for every episode, head and step "
        "(shuffled)"
    ),
    where="under other addresses and controls",
    model="An agent",
    name="agents-controls",
    title="Other addresses and controls",
)


@once
def by_trial(results: Results) -> pd.DataFrame:
    """One row per trial that was tested under other addresses: its own last success, and those."""
    own = frames.final(results)[[*frames.MODEL, "trial", "success"]]
    return TESTED.beside(own, partial(frames.final, results))


@once
def by_model(results: Results) -> pd.DataFrame:
    """IQM over seeds of every score, per model; `seeds` of them."""
    return means(by_trial(results), SCORES)


def controls(results: Results) -> Section | None:
    """Every agent's success beside what is left of it; None where nothing else was tested."""
    return TESTED.section(results, by_model(results), {})
