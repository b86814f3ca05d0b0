"""The section that counts all that was run: searched, compared, failed; and the time of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import pandas as pd

from . import formats
from .blocks import Section, Table
from .results import Results, with_columns

COUNTS = ["finished", "failed", "seconds", "lost_seconds"]


def ledger(results: Results) -> Section | None:
    """Trials and time by procedure and model; None where no trial has ended."""
    numbers = counts(results)
    if numbers.empty:
        return None
    total = {"procedure": "all", "model": "all", **numbers[COUNTS].sum()}
    rows = pd.concat([numbers, pd.DataFrame([total])], ignore_index=True)
    shown = pd.DataFrame(
        {
            "Procedure": rows["procedure"],
            "Model": rows["model"],
            "Finished": [formats.whole(value) for value in rows["finished"]],
            "Failed": [formats.whole(value) for value in rows["failed"]],
            "Training time": [formats.duration(value) for value in rows["seconds"]],
            "Time of failed": [formats.duration(value) for value in rows["lost_seconds"]],
        }
    )
    count = int(total["finished"] + total["failed"])
    caption = (
        f"All trials that ended (n = {count}), what failed and what was only tried included. "
        "Training time is what finished trials count as training: tests are left out, and building "
        "and saving; of trials that measure gradients it is the whole measurement. Time of failed "
        "is from the beginning of their last attempt to its end, with tests; earlier attempts are "
        "not counted."
    )
    table = Table("compute-ledger", "Compute ledger", caption, shown, numbers)
    return Section("ledger", "What all of it took", (table,))


def counts(results: Results) -> pd.DataFrame:
    """One row per procedure and model: `finished`, `failed`, `seconds`, `lost_seconds`."""
    keys = ["procedure", "model"]
    facts = with_columns(results.facts, ["seconds"])
    failures = with_columns(results.failures, ["started", "finished"])
    finished = facts.assign(seconds=facts["seconds"].astype(float)).groupby(
        keys, as_index=False, sort=False
    )
    done = finished.agg(finished=("trial", "size"), seconds=("seconds", "sum"))
    spent = _between(failures["started"], failures["finished"])
    lost = failures.assign(lost_seconds=spent).groupby(keys, as_index=False, sort=False)
    gone = lost.agg(failed=("trial", "size"), lost_seconds=("lost_seconds", "sum"))
    frame = done.merge(gone, on=keys, how="outer", sort=False)
    frame[COUNTS] = frame[COUNTS].astype(float).fillna(0.0)
    return frame[[*keys, *COUNTS]]


def _between(starts: Iterable[Any], ends: Iterable[Any]) -> list[float]:
    return [_seconds(start, end) for start, end in zip(starts, ends, strict=True)]


def _seconds(start: Any, end: Any) -> float:
    try:
        return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
    except (TypeError, ValueError):
        return 0.0
