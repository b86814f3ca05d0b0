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
    """Trials and time by procedure and model; None in a study of one procedure without failures."""
    if len(results.procedures) < 2 and results.failures.empty:
        return None
    numbers = counts(results)
    total = {"procedure": "all", "model": "all", **numbers[COUNTS].sum()}
    rows = pd.concat([numbers, pd.DataFrame([total])], ignore_index=True)
    shown = pd.DataFrame(
        {
            "Procedure": rows["procedure"],
            "Model": rows["model"],
            "Finished": [formats.whole(value) for value in rows["finished"]],
            "Failed": [formats.whole(value) for value in rows["failed"]],
            "Time": [formats.duration(value) for value in rows["seconds"]],
            "Time of failed": [formats.duration(value) for value in rows["lost_seconds"]],
        }
    )
    count = int(total["finished"] + total["failed"])
    caption = (
        f"Everything that was run for this page (n = {count} trials), what failed and what was "
        "only tried included. Time is that of finished trials as they say it, tests left out; of "
        "failed ones it is from the beginning of the last attempt to its end."
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
