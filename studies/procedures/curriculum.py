"""A curriculum by length: short sequences first."""

from __future__ import annotations

from dataclasses import dataclass

from ..design.settings import check_number, check_whole


@dataclass(frozen=True)
class Curriculum:
    """Grow the longest trained length from `start` to the task's own, `grow` at a time.

    It grows at every evaluation whose training sequences, those since the evaluation before, had
    at most `errors` wrong bits (or symbols) each on average. Batches then depend on how well the
    model does, so models of one seed no longer see the same ones.
    """

    start: int = 1
    grow: int = 1
    errors: float = 1.0

    def __post_init__(self) -> None:
        check_whole(self, "curriculum", start=1, grow=1)
        check_number(self, "curriculum", "errors", least=0)
