"""Copy trained on short sequences and tested on sequences up to ten times as long."""

from __future__ import annotations

from memnets.registry import cells
from memnets.spec import ModelSpec

from ..design.study import Study, studies
from ..design.trial import TaskSpec
from ..procedures.supervised import Supervised


@studies.register("length_generalisation")
def length_generalisation() -> Study:
    """Trained on lengths 1 to 10, tested up to 100: every cell, soft and with REINFORCE."""
    models = [ModelSpec("none")] + [
        ModelSpec(cell, estimator)
        for cell in cells
        if cell != "none"
        for estimator in ("soft", "reinforce")
    ]
    return Study(
        name="length_generalisation",
        question="Which memories still work on sequences far longer than the trained ones?",
        tasks={"copy": TaskSpec("copy", {"max_length": 10})},
        models={model.label: model for model in models},
        procedure=Supervised(
            updates=20_000,
            evaluate_every=500,
            test_lengths=(5, 10, 15, 20, 30, 50, 75, 100),
            solved_errors=0.1,
        ),
        seeds=(0, 1, 2, 3, 4),
    )
