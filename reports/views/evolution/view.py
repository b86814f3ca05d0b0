"""The report of evolution strategies: that of trained models, and how populations searched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import final

from ...blocks import Answer, KeyNumber, Section
from ...registries import views
from ...results import Results
from ..base import View
from ..supervised.view import Supervised
from .sections import search

NO_GRADIENT = (
    "Nothing was differentiated: every member of a population addressed as in a test, a discrete "
    "memory with one slot, and sequences count those that members ran."
)


@final
@views.register("evolution")
class Evolution(View):
    """Models that learned without a gradient; their rows are those of trained models."""

    def answer(self, results: Results) -> Answer:
        found = Supervised().answer(results)
        return replace(found, caveats=(NO_GRADIENT, *found.caveats))

    def key_numbers(self, results: Results) -> list[KeyNumber]:
        return Supervised().key_numbers(results)

    def sections(self, results: Results) -> Iterator[Section]:
        yield search(results)
        yield from Supervised().sections(results)
