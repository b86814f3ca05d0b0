"""How the slots of a memory share the work: a table per model, written and read."""

from __future__ import annotations

import pandas as pd

from ... import formats
from ...blocks import Section, Table
from ...results import Results, with_columns
from . import frames, tables

COLUMNS = ["unwritten", "unread", "write_use_entropy", "read_use_entropy"]


def load(results: Results) -> pd.DataFrame:
    """Medians over seeds at the trained lengths, one row per model; none of earlier versions."""
    rows = with_columns(frames.final(results), COLUMNS)
    rows = rows[rows[COLUMNS].notna().any(axis=1)]
    trials = frames.at_trained_lengths(rows, COLUMNS)
    groups = trials.groupby(frames.MODEL, as_index=False, sort=False, dropna=False)
    medians = groups.agg({**dict.fromkeys(COLUMNS, "median"), "trial": "nunique"})
    return medians.rename(columns={"trial": "n"})


def loads(results: Results) -> Section | None:
    """Slots never used and the entropy of use; None where no row tells of them."""
    numbers = load(results)
    if numbers.empty:
        return None
    text = pd.DataFrame(
        {
            "Task": numbers["task"],
            "Model": numbers["model"],
            **tables.axes(numbers),
            "Never written": [formats.per_cent(value) for value in numbers["unwritten"]],
            "Never read": [formats.per_cent(value) for value in numbers["unread"]],
            "Written over (nats)": [formats.number(v) for v in numbers["write_use_entropy"]],
            "Read over (nats)": [formats.number(v) for v in numbers["read_use_entropy"]],
            "n": numbers["n"].astype(str),
        }
    )
    caption = (
        "In the last tests at the trained lengths, each head on its own, mean over heads. Never "
        "used: the share of slots that no step of any sequence gives more than half of an equal "
        "share. The entropy is that of a head's use over the slots, all steps and sequences "
        "together; it is the logarithm of the number of slots where all are used alike. Medians "
        "over n seeds."
    )
    text = tables.without_one_task(text)
    table = Table("load", "How the slots share the work", caption, text, numbers)
    return Section("load", "Use of slots", (table,))
