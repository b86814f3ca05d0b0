"""How long copy takes from scratch, at the size of the NTM paper: four models, ten seeds."""

from __future__ import annotations

from memnets.spec import ModelSpec

from ..design.study import Study, studies
from ..design.trial import TaskSpec
from ..procedures.supervised import Supervised

MEMORY = {"slots": 128, "width": 20}


@studies.register("copy_from_scratch")
def copy_from_scratch() -> Study:
    """Seconds and sequences to solve copy (8 bits, lengths 1 to 20, memory 128 × 20), ten seeds.

    Solved is under 0.01 wrong bits per sequence at length 20, at two tests in a row.
    """
    pairs = [
        ("none", "soft"),
        ("ntm", "soft"),
        ("dnc", "soft"),
        ("dntm", "soft"),
    ]
    models = [
        ModelSpec(cell, estimator, cell_options={} if cell == "none" else MEMORY)
        for cell, estimator in pairs
    ]
    return Study(
        name="copy_from_scratch",
        question="How long does each memory take to learn to copy, from scratch, on one core?",
        tasks={"copy": TaskSpec("copy")},
        models={model.label: model for model in models},
        procedure=Supervised(
            updates=4_000,
            batch_size=16,
            learning_rate=2e-3,
            clip_norm=50.0,
            evaluate_every=250,
            test_lengths=(20, 40, 80, 120),
            test_sequences=128,
            solved_errors=0.01,
        ),
        seeds=tuple(range(10)),
    )
