"""What estimators draw at random over a rollout, all at once and as they would step by step."""

from __future__ import annotations

from typing import Any, NamedTuple

from torch import Tensor

from ....estimators import Estimator
from ....registry import estimators
from ..choices.base import Choice
from ..choices.dispatch import named_choosers
from .arena import Array

CHOOSERS = named_choosers()


class Draws(NamedTuple):
    """Per step, sample and head: the random numbers that `choices.dispatch.choose` takes."""

    write_TBPU: Array
    read_TBRU: Array


def choice_of(estimator: Estimator) -> Choice | None:
    """The choice that an estimator makes at present; None where no kernel makes it."""
    in_force = estimator.in_force()
    chooser = CHOOSERS.get(estimators.name_of(type(in_force)) or "")
    return chooser(in_force) if chooser else None


def draw(
    choice: Choice, estimator: Any, heads: tuple[int, int], slots: int, steps: int, batch: int
) -> Draws:
    """The numbers that the reference would draw from torch's generator; zeros for the others.

    So many write and read `heads` choose among the slots.
    """
    groups = [batch * count for count in heads]
    drawn_THU = choice.draw(estimator, groups, slots, steps)
    return Draws(*(_by_head(group_THU, batch) for group_THU in drawn_THU.split(groups, 1)))


def _by_head(drawn_THU: Tensor, batch: int) -> Array:
    steps, rows, count = drawn_THU.shape
    return drawn_THU.reshape(steps, batch, rows // batch, count).contiguous().numpy()
