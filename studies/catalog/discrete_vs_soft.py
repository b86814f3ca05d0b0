"""The main comparison: every cell with every estimator on copy."""

from __future__ import annotations

from memnets.registry import cells, estimators
from memnets.spec import ModelSpec

from ..design.study import Study, studies
from ..design.trial import TaskSpec
from ..procedures.supervised import Supervised


@studies.register("discrete_vs_soft")
def discrete_vs_soft() -> Study:
    """Every registered cell with every estimator on copy, five seeds, all trained alike."""
    # without a memory all estimators are the same model
    models = [ModelSpec("none")] + [
        ModelSpec(cell, estimator) for cell in cells if cell != "none" for estimator in estimators
    ]
    return Study(
        name="discrete_vs_soft",
        question="What does it cost to choose one slot instead of blending all of them?",
        tasks={"copy": TaskSpec("copy")},
        models={model.label: model for model in models},
        procedure=Supervised(updates=20_000, evaluate_every=500, solved_errors=0.1),
        seeds=(0, 1, 2, 3, 4),
    )
