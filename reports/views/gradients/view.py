"""The report of measured gradients: bias, variance and time of every estimator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import final

from ...blocks import Answer, KeyNumber, Section
from ...registries import views
from ...results import Results
from ...trial_counts import time_spent, trials_finished
from ..base import View
from . import sections
from .answer import answer


@final
@views.register("gradients")
class Gradients(View):
    """Gradients of estimators, compared with the exact one of an enumerated task."""

    def answer(self, results: Results) -> Answer:
        return answer(results)

    def key_numbers(self, results: Results) -> list[KeyNumber]:
        return [trials_finished(results), time_spent(results, "measuring")]

    def sections(self, results: Results) -> Iterator[Section]:
        made = sections.errors(results), sections.numbers(results)
        yield from (section for section in made if section)
