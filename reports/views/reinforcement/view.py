"""The report of agents: which memories solve which environments, and at what cost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import final

from ... import formats, trial_counts
from ...blocks import Answer, KeyNumber, Section
from ...registries import views
from ...results import Results
from ..base import View
from . import controls, frames, sections


@final
@views.register("reinforcement")
class Reinforcement(View):
    """Agents with a memory, tested by their success."""

    def answer(self, results: Results) -> Answer:
        numbers = frames.summary(results)
        clauses = []
        for task, models in numbers.groupby("task", sort=False):
            if models["judged"].all():
                parts = [f"{row.model} {row.solved} of {row.run}" for row in models.itertuples()]
                clauses.append(f"on {task}, seeds that solved it: {formats.listed(parts)}")
            else:
                scores = [
                    f"{row.model} {formats.per_cent(row.success)}" for row in models.itertuples()
                ]
                clauses.append(f"on {task}, successful episodes: {formats.listed(scores)}")
        sentence = "; ".join(clauses)
        fewest = int(numbers["run"].min())
        return Answer(f"{sentence[:1].upper()}{sentence[1:]}.", trial_counts.few_seeds(fewest))

    def key_numbers(self, results: Results) -> list[KeyNumber]:
        found = frames.summary(results)
        found = found[found["judged"]].assign(share=found["solved"] / found["run"])
        best = found.sort_values("share", ascending=False, kind="stable")
        numbers = [
            KeyNumber(f"{row.solved} / {row.run}", f"{row.model} solved {row.task}")
            for row in best.head(3).itertuples()
        ]
        finished, spent = (
            trial_counts.trials_finished(results),
            trial_counts.time_spent(results, "training"),
        )
        return [*numbers, finished, spent]

    def sections(self, results: Results) -> Iterator[Section]:
        yield sections.learning(results)
        if found := controls.controls(results):
            yield found
        yield sections.models(results)
