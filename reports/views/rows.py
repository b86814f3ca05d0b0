"""The report of a procedure that has no view: its rows and facts, as they were stored."""

from __future__ import annotations

from collections.abc import Iterator
from typing import final

import pandas as pd

from .. import as_text, counts
from ..blocks import Answer, KeyNumber, Section, Table
from ..file_names import file_name
from ..results import FACTORS, Results, with_columns
from .base import View


@final
class Rows(View):
    """The last row of every trial, one table per kind of row; `reason` says why no more is said."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def answer(self, results: Results) -> Answer:
        return Answer(
            "This page cannot answer the question and shows the stored rows instead, because "
            f"{self.reason}."
        )

    def key_numbers(self, results: Results) -> list[KeyNumber]:
        stored = KeyNumber(as_text.whole(len(results.rows)), "rows of finished trials")
        return [counts.trials_finished(results), stored, counts.time_spent(results, "work")]

    def sections(self, results: Results) -> Iterator[Section]:
        rows = with_columns(results.rows, ["kind"])
        kinds = rows["kind"].fillna("row")
        tables = tuple(_last_rows(str(kind), own) for kind, own in rows.groupby(kinds, sort=False))
        if tables:
            yield Section("rows", "Stored rows", tables)


def _last_rows(kind: str, rows: pd.DataFrame) -> Table:
    numbers = rows.drop_duplicates("trial", keep="last").drop(columns="kind")
    numbers = numbers.dropna(axis="columns", how="all").reset_index(drop=True)
    # cell, estimator and controller are part of the model
    factors = [name for name in ("task", "model", "seed") if name in numbers]
    metrics = [name for name in numbers if name not in FACTORS]
    shown = pd.DataFrame(
        {
            **{name.capitalize(): numbers[name].astype(str) for name in factors},
            **{_heading(name): [_text(value) for value in numbers[name]] for name in metrics},
        }
    )
    caption = f'The last row of kind "{kind}" of every finished trial. All rows are in results.csv.'
    return Table(file_name("rows", kind), f"Last row: {kind}", caption, shown, numbers)


def _heading(name: object) -> str:
    return str(name).replace("_", " ").capitalize()


def _text(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return as_text.whole(value) if float(value).is_integer() else as_text.number(value)
