"""The report of a search: what was chosen for each model, and how much it mattered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, final

import pandas as pd

from ... import formats, trial_counts
from ...blocks import Answer, KeyNumber, Section
from ...registries import views
from ...results import Results
from ..base import View
from . import frames, sections

FEW = 4
"""So many choices are named one by one in the answer."""


@final
@views.register("tuning")
class Tuning(View):
    """Settings that were tried with every model, on seeds that the comparison does not use."""

    order: ClassVar = 1

    def answer(self, results: Results) -> Answer:
        frame = frames.settings(results)
        tries, chosen = formats.plural(len(frame), "setting"), frame[frame["chosen"]]
        if chosen.empty:
            sentence = f"Of {tries} none has finished on all of its seeds."
        elif len(chosen) <= FEW:
            each = "; ".join(_clause(row, frame) for _, row in chosen.iterrows())
            sentence = f"Of {tries}, these were chosen before the comparison. {each}."
        else:
            sentence = (
                f"Of {tries}, {len(chosen)} were chosen before the comparison, "
                f'{_each(frame)}; the table "{sections.CHOSEN}" has all. {_often(frame)}'
            )
        seeds = int(frame["seeds"].min())
        few = ("Settings were chosen on a single seed.",) if seeds == 1 else ()
        return Answer(sentence.strip(), few)

    def key_numbers(self, results: Results) -> list[KeyNumber]:
        finished = trial_counts.trials_finished(results)
        return [finished, trial_counts.time_spent(results, "search")]

    def sections(self, results: Results) -> Iterator[Section]:
        yield sections.chosen(results)
        if found := sections.sensitivity(results):
            yield found
        yield sections.tried(results)


def _clause(row: pd.Series, frame: pd.DataFrame) -> str:
    values = [f"{name} {row[name]}" for name in frames.names(frame) if row[name] == row[name]]
    return f"{row['model']}{_on(row['task'], frame)}: {formats.listed(values)}"


def _often(frame: pd.DataFrame) -> str:
    """What was chosen most often, name by name."""
    parts = []
    for name in frames.names(frame):
        if found := frames.most_chosen(frame, name):
            value, times, count, end = found
            tried = f", the {end} tried" if end else ""
            parts.append(f"{name} {value}{tried} ({times} of {count})")
    return f"Most often: {'; '.join(parts)}." if parts else ""


def _each(frame: pd.DataFrame) -> str:
    tasks = " on each task" if frame["task"].nunique() > 1 else ""
    return f"one for each model{tasks}"


def _on(task: str, frame: pd.DataFrame) -> str:
    return f" on {task}" if frame["task"].nunique() > 1 else ""
