"""The section that counts all that was run: searched, compared, failed; and the time of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import pandas as pd

from . import formats
from .blocks import Section, Table
from .results import Results, with_columns

COUNTS = ["finished", "failed", "failed_attempts", "seconds", "lost_seconds"]


def ledger(results: Results) -> Section | None:
    """Trials and time by procedure and model; None where no trial has ended."""
    numbers = counts(results)
    if not numbers[["finished", "failed"]].to_numpy().any():
        return None
    total = {"procedure": "all", "model": "all", **numbers[COUNTS].sum()}
    rows = pd.concat([numbers, pd.DataFrame([total])], ignore_index=True)
    shown = pd.DataFrame(
        {
            "Procedure": rows["procedure"],
            "Model": rows["model"],
            "Finished": [formats.whole(value) for value in rows["finished"]],
            "Failed": [formats.whole(value) for value in rows["failed"]],
            "Failed attempts": [formats.whole(value) for value in rows["failed_attempts"]],
            "Training time": [formats.duration(value) for value in rows["seconds"]],
            "Time of failed": [formats.duration(value) for value in rows["lost_seconds"]],
        }
    )
    count = int(total["finished"] + total["failed"])
    caption = (
        f"All trials that ended (n = {count}), what failed and what was only tried included. "
        "Training time is what finished trials count as training: tests are left out, and building "
        "and saving; of trials that measure gradients it is the whole measurement. An attempt that "
        "failed may have been followed by one that did not. Time of failed is that of all of them, "
        "from beginning to end, with tests; of one that ended with its worker it is not known. "
        "Workers that died while another went on with their trial are not counted."
    )
    table = Table("compute-ledger", "Compute ledger", caption, shown, numbers)
    return Section("ledger", "What all of it took", (table,))


def counts(results: Results) -> pd.DataFrame:
    """One row per procedure and model: how many ended in which way, and how long that took."""
    keys = ["procedure", "model"]
    facts = with_columns(results.facts, ["seconds"])
    attempts = results.attempts
    seconds = facts["seconds"].astype(float)
    spent = _between(attempts["started"], attempts["finished"])
    finished, failed, tried = (
        frame.groupby(keys, as_index=False, sort=False)
        for frame in (
            facts.assign(seconds=seconds),
            results.failures,
            attempts.assign(lost_seconds=spent),
        )
    )
    frame = finished.agg(finished=("trial", "size"), seconds=("seconds", "sum"))
    gone = failed.agg(failed=("trial", "size"))
    lost = tried.agg(failed_attempts=("trial", "size"), lost_seconds=("lost_seconds", "sum"))
    for more in (gone, lost):
        frame = frame.merge(more, on=keys, how="outer", sort=False)
    frame[COUNTS] = frame[COUNTS].astype(float).fillna(0.0)
    return frame[[*keys, *COUNTS]]


def _between(starts: Iterable[Any], ends: Iterable[Any]) -> list[float]:
    return [_seconds(start, end) for start, end in zip(starts, ends, strict=True)]


def _seconds(start: Any, end: Any) -> float:
    try:
        return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
    except (TypeError, ValueError):
        return 0.0
