"""The D-NTM paper's comparison of controllers, under soft and under discrete addressing."""

from __future__ import annotations

from memnets.spec import ModelSpec

from ..design.study import Study, studies
from ..design.trial import TaskSpec
from ..procedures.supervised import Supervised

ADDRESSING = {"soft": "soft", "discrete": "reinforce", "curriculum": "annealed"}


@studies.register("dntm_controllers")
def dntm_controllers() -> Study:
    """D-NTM with GRU and feed-forward controllers: soft, discrete, and from soft to discrete."""
    return Study(
        name="dntm_controllers",
        question="Does a discrete memory need a recurrent controller, or a curriculum?",
        tasks={
            "copy": TaskSpec("copy", {"max_length": 10}),
            "associative recall": TaskSpec("associative_recall"),
        },
        models={
            f"{controller}, {addressing}": ModelSpec("dntm", estimator, controller)
            for controller in ("gru", "feedforward")
            for addressing, estimator in ADDRESSING.items()
        },
        procedure=Supervised(
            updates=5_000,
            batch_size=16,
            learning_rate=2e-3,
            clip_norm=50.0,
            evaluate_every=250,
            solved_errors=0.05,
        ),
        seeds=(0, 1, 2, 3, 4),
    )
