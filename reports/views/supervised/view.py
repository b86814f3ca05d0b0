"""The report of trained models: what was learned, how far it reaches, what it cost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import final

from ... import formats, trial_counts
from ...blocks import Answer, KeyNumber, Section
from ...memory_kinds import DISCRETE, SOFT
from ...registries import views
from ...results import Results
from ..base import View
from . import sections
from .answer import answer
from .comparison import compare
from .outcomes import solved_runs


@final
@views.register("supervised")
class Supervised(View):
    """Models that were trained on a task and tested on several lengths, soft against discrete."""

    def answer(self, results: Results) -> Answer:
        return answer(results)

    def key_numbers(self, results: Results) -> list[KeyNumber]:
        numbers = []
        if found := compare(results):
            label = "percentage points of accuracy, discrete minus soft"
            n = formats.plural(found.accuracy.n, "seed")
            points = formats.points(found.accuracy.value)
            numbers.append(KeyNumber(points, f"{label} (n = {n})"))
        for kind, (solved, run) in solved_runs(results).items():
            if kind in (SOFT, DISCRETE):
                label = f"runs with {kind} memory solved their task"
                numbers.append(KeyNumber(f"{solved} / {run}", label))
        return [
            *numbers,
            trial_counts.trials_finished(results),
            trial_counts.time_spent(results, "training"),
        ]

    def sections(self, results: Results) -> Iterator[Section]:
        made = (
            sections.learning(results),
            sections.accuracy(results),
            sections.lengths(results),
            sections.time(results),
            sections.statistics(results),
            sections.addressing(results),
        )
        yield from (section for section in made if section)
