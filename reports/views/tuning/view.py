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


@final
@views.register("tuning")
class Tuning(View):
    """Settings that were tried with every model, on seeds that the comparison does not use."""

    order: ClassVar = 1

    def answer(self, results: Results) -> Answer:
        frame = frames.settings(results)
        names = frames.names(frame)
        clauses = [
            f"{row['model']}{_on(row['task'], frame)}: "
            + formats.listed(f"{name} {row[name]}" for name in names if row[name] == row[name])
            for _, row in frame[frame["chosen"]].iterrows()
        ]
        tries = formats.plural(len(frame), "setting")
        sentence = f"Of {tries}, these were chosen before the comparison. {'; '.join(clauses)}."
        seeds = int(frame["seeds"].min())
        few = ("Settings were chosen on a single seed.",) if seeds == 1 else ()
        return Answer(sentence, few)

    def key_numbers(self, results: Results) -> list[KeyNumber]:
        finished = trial_counts.trials_finished(results)
        return [finished, trial_counts.time_spent(results, "search")]

    def sections(self, results: Results) -> Iterator[Section]:
        yield sections.chosen(results)
        if found := sections.sensitivity(results):
            yield found
        yield sections.tried(results)


def _on(task: str, frame: pd.DataFrame) -> str:
    return f" on {task}" if frame["task"].nunique() > 1 else ""
