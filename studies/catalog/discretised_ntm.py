"""One NTM with every estimator on copy: what a discrete address costs in training time."""

from __future__ import annotations

from dataclasses import replace

from memnets.presets import discretised_ntm as presets
from memnets.spec import ModelSpec

from ..design.study import Own, Study, studies
from ..design.trial import TaskSpec
from .recipe import FRESH, MEMORY, RECIPE


@studies.register("discretised_ntm")
def discretised_ntm() -> Study:
    """Errors against wall-clock seconds for one NTM on copy, under every way of choosing a slot.

    Lengths 1 to 20 are trained, 128 × 20, ten seeds; up to 120 are tested.
    """
    # four rollouts of each sequence take four times as long
    own: Own = {("copy", "leave one out"): {"updates": 1_000}}
    return Study(
        name="discretised_ntm",
        question="What does discretising one and the same NTM cost in training time?",
        tasks={"copy": TaskSpec("copy")},
        # a model that does no better than "no memory" does not use its memory
        models={"no memory": ModelSpec("none"), **presets(**MEMORY)},
        procedure=replace(RECIPE, updates=4_000, test_lengths=(5, 10, 20, 40, 80, 120)),
        own=own,
        seeds=FRESH,
    )
