"""The study behind `make demo`: the NTM paper's copy task in a few minutes on two cores."""

from __future__ import annotations

from dataclasses import replace

from memnets.presets import HARDENED
from memnets.spec import ModelSpec

from ..design.study import Study, studies
from ..design.trial import TaskSpec
from .recipe import FRESH, MEMORY, RECIPE

MODELS = {
    "no memory": ModelSpec("none"),
    "soft NTM": ModelSpec("ntm", cell_options=MEMORY),
    "discrete NTM, hardened": ModelSpec(
        "ntm", "hardened", cell_options=MEMORY, estimator_options=dict(HARDENED)
    ),
    "discrete NTM, REINFORCE": ModelSpec("ntm", "reinforce", cell_options=MEMORY),
}


@studies.register("demo")
def demo() -> Study:
    """Four models learn the copy task of the NTM paper, at its size; two seeds of each."""
    return Study(
        name="demo",
        question="Does a discrete memory learn to copy as well as a differentiable one?",
        tasks={"copy": TaskSpec("copy")},
        models=MODELS,
        procedure=replace(
            RECIPE,
            updates=4_000,
            test_lengths=(5, 10, 15, 20, 30, 40),
        ),
        seeds=FRESH[:2],
    )
