"""The report of a procedure that has no view: its rows and facts, as they were stored."""

from __future__ import annotations

import math
from collections.abc import Iterator
from numbers import Real
from typing import Any, final

import pandas as pd

from .. import formats
from ..blocks import Answer, KeyNumber, Section, Table
from ..results import FACTORS, KIND, Results
from ..trial_counts import time_spent, trials_finished
from ..variants import LOOK
from .base import View


@final
class Rows(View):
    """The last rows of every trial in a table; `reason` says why there is no more."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def answer(self, results: Results) -> Answer:
        return Answer(
            "This page cannot answer the question and shows the stored rows instead, because "
            f"{self.reason}."
        )

    def key_numbers(self, results: Results) -> list[KeyNumber]:
        stored = KeyNumber(formats.whole(len(results.rows)), "rows of finished trials")
        return [
            trials_finished(results),
            stored,
            time_spent(results, "work"),
        ]

    def sections(self, results: Results) -> Iterator[Section]:
        if len(results.rows):
            yield Section("rows", "Stored rows", (_last_rows(results),))


def _last_rows(results: Results) -> Table:
    """The last row of every trial, or of each series of rows that a trial has."""
    key = results.trials[0].procedure.row_key
    series = [name for name in key if name != "step" and name in results.rows]
    numbers = results.rows.drop_duplicates(["trial", *series], keep="last")
    numbers = numbers.dropna(axis="columns", how="all").reset_index(drop=True)
    metrics = [name for name in numbers if name not in (*FACTORS, *KIND, *LOOK)]
    # cell, estimator and controller are part of the model
    text = {name.capitalize(): numbers[name].astype(str) for name in ("task", "model", "seed")}
    text |= {_heading(name): [_text(value) for value in numbers[name]] for name in metrics}
    apart = f", for each {formats.listed(series)}" if series else ""
    caption = f"The last row of every finished trial{apart}. All rows are in results.csv."
    return Table("rows", "Last rows", caption, pd.DataFrame(text), numbers)


def _heading(name: object) -> str:
    return str(name).replace("_", " ").capitalize()


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, Real) or math.isinf(value):
        return str(value)
    return (
        formats.whole(float(value)) if float(value).is_integer() else formats.number(float(value))
    )
