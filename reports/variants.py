"""How the models of a study are told apart: the order of the study, and colours of variants."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from studies.design.trial import Trial


class Look(NamedTuple):
    """Where a model stands in its study, and which of its cell's models it is.

    `variant` is -1 in a study whose models of a cell all have estimators of their own: there the
    estimator decides the colour.
    """

    place: int
    variant: int


LOOK = list(Look._fields)


def looks(trials: Iterable[Trial]) -> dict[str, Look]:
    """By the model's label. Models without memory come before those of every cell."""
    kinds: dict[str, tuple[str, str]] = {}
    alike: dict[tuple[str, str, str], set[str]] = {}
    for trial in trials:
        kind = trial.model.cell, trial.model.estimator
        kinds.setdefault(trial.model_label, kind)
        alike.setdefault((trial.task_label, *kind), set()).add(trial.model_label)
    varied = any(len(labels) > 1 for labels in alike.values())
    bare = [label for label, (cell, _) in kinds.items() if cell == "none"]
    counts = {"none": 0 if len(bare) > 1 else -1}
    found = {}
    for place, (label, (cell, _)) in enumerate(kinds.items()):
        variant = -1
        if varied and counts.setdefault(cell, len(bare) if len(bare) > 1 else 0) >= 0:
            variant = counts[cell]
            counts[cell] += 1
        found[label] = Look(place, variant)
    return found
