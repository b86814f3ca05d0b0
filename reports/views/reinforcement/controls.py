"""What agents still do where their memory is addressed otherwise, or cannot help them."""

from __future__ import annotations

import pandas as pd

from ...blocks import Section
from ...results import Results, once
from ..supervised.tested import CONTROLS, Tested
from . import frames

ADDRESSES = {"soft": "soft", "one_slot": "one slot", **CONTROLS}
"""Columns of success, and the address under which it was reached."""
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
    model="An agent",
    name="agents-controls",
    title="Agents under other addresses",
)


@once
def by_model(results: Results) -> pd.DataFrame:
    """IQM over seeds of the last success per model, its own and under every other address.

    `seeds` of them. Models without memory, and results of earlier versions, have no row.
    """
    own = frames.success(results).rename(columns={"value": "success", "n": "seeds"})
    found = own[[*frames.MODEL, "success", "seeds"]]
    for column, address in ADDRESSES.items():
        scores = frames.success(results, address).rename(columns={"value": column})
        found = found.merge(scores[[*frames.MODEL, column]], on=frames.MODEL, how="left")
    found = found.astype(dict.fromkeys(ADDRESSES, float))
    return found.dropna(subset=list(ADDRESSES), how="all").reset_index(drop=True)


def controls(results: Results) -> Section | None:
    """Every agent's success beside what is left of it; None where nothing else was tested."""
    return TESTED.section(results, by_model(results), {})
