"""The report of trained models: what was learned, how far it reaches, what it cost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import final

from ... import formats, trial_counts
from ...blocks import Answer, KeyNumber, Section
from ...memory_kinds import NO_MEMORY, SOFT, in_order
from ...registries import views
from ...results import Results
from ..base import View
from . import controls, gap, gap_section, questions, sections
from .addressing import addressing
from .answer import answer
from .comparison import compare, compared
from .load import loads
from .outcomes import kinds_of, of_kinds, solved_runs


@final
@views.register("supervised")
class Supervised(View):
    """Models trained on a task and tested on several lengths, by how they address."""

    def answer(self, results: Results) -> Answer:
        return answer(results)

    def key_numbers(self, results: Results) -> list[KeyNumber]:
        numbers = []
        for kind in compared(results):
            if found := compare(results, kind):
                label = f"percentage points of accuracy, {kind} minus {SOFT}"
                n = formats.plural(found.accuracy.n, "seed")
                points = formats.points(found.accuracy.value)
                numbers.append(KeyNumber(points, f"{label} (n = {n})"))
        for kind, (solved, run) in solved_runs(results).items():
            if kind != NO_MEMORY:
                numbers.append(
                    KeyNumber(f"{solved} / {run}", f"runs with {kind} solved their task")
                )
        numbers += _gaps(results)
        return [
            *numbers,
            trial_counts.trials_finished(results),
            trial_counts.time_spent(results, "training"),
        ]

    def sections(self, results: Results) -> Iterator[Section]:
        made = (
            sections.learning(results),
            sections.accuracy(results),
            controls.controls(results),
            sections.lengths(results),
            sections.numbers(results),
            questions.questions(results),
            gap_section.gaps(results),
            loads(results),
            sections.time(results),
            sections.statistics(results),
            addressing(results),
        )
        yield from (section for section in made if section)


def _gaps(results: Results) -> list[KeyNumber]:
    """The soft-hard gap of the first kind of memory, which is the soft one where there is one."""
    trials = gap.at_trained_lengths(results)
    for kind in in_order(kinds_of(trials))[:1]:
        gaps = of_kinds(trials, [kind])["gap"]
        label = (
            "soft-hard gap: wrong bits or symbols per sequence with one slot, less those with the "
            f"whole weighting, {kind} (median, n = {formats.plural(len(gaps), 'trial')})"
        )
        return [KeyNumber(formats.signed(gaps.median()), label)]
    return []
