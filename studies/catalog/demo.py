"""The study behind `make demo`: the NTM paper's copy task in a few minutes on two cores."""

from __future__ import annotations

from memnets.spec import ModelSpec

from ..design.study import Study, studies
from ..design.trial import TaskSpec
from ..procedures.supervised import Supervised

MEMORY = {"slots": 128, "width": 20}
OPTIONS = {"none": {}, "ntm": MEMORY, "dnc": {**MEMORY, "read_heads": 1}, "dntm": MEMORY}


@studies.register("demo")
def demo() -> Study:
    """Six models learn the copy task of the NTM paper, at its size; two seeds of each."""
    # in this order two workers begin with different cells, and compile their kernels side by side
    pairs = [
        ("none", "soft"),
        ("ntm", "soft"),
        ("dnc", "soft"),
        ("dntm", "reinforce"),
        ("ntm", "straight_through"),
        ("ntm", "reinforce"),
    ]
    models = [ModelSpec(cell, estimator, cell_options=OPTIONS[cell]) for cell, estimator in pairs]
    return Study(
        name="demo",
        question="Does a discrete memory learn to copy as well as a differentiable one?",
        tasks={"copy": TaskSpec("copy")},
        models={model.label: model for model in models},
        procedure=Supervised(
            updates=2_000,
            batch_size=16,
            learning_rate=2e-3,
            clip_norm=50.0,
            evaluate_every=200,
            test_lengths=(5, 10, 15, 20, 30, 40),
            test_sequences=64,
            solved_errors=0.02,
        ),
        seeds=(0, 1),
    )
