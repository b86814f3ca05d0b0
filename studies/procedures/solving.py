"""When a trial has solved its task."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from .base import Row


class Verdict(NamedTuple):
    """After an evaluation: the clock of the one that was good, if any; and that of solving."""

    below: dict[str, Any] | None
    solved: dict[str, Any] | None


def judged(
    tests: Sequence[Row],
    *,
    lengths: tuple[int, int],
    largest: float | None,
    below: dict[str, Any] | None,
    now: dict[str, Any],
) -> Verdict:
    """A task is solved by two good evaluations in a row; the first of them says when.

    An evaluation is good when the errors per sequence, averaged over those test lengths that lie
    within the trained `lengths`, are at most `largest`. `below` is of the evaluation before; with
    `largest` None nothing is judged.
    """
    if largest is None:
        return Verdict(None, None)
    low, high = lengths
    wrong = [row["errors"] for row in tests if low <= row["length"] <= high]
    if sum(wrong) / len(wrong) > largest:
        return Verdict(None, None)
    return Verdict(now, None) if below is None else Verdict(below, below)
