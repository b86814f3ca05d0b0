"""The study behind `make demo`: small enough for a few minutes on two cores."""

from __future__ import annotations

from memnets.spec import ModelSpec

from ..study import Study, studies
from ..trial import TaskSpec, Training

MEMORY = {"slots": 16, "width": 8}
OPTIONS = {"none": {}, "ntm": MEMORY, "dnc": {**MEMORY, "read_heads": 1}, "dntm": MEMORY}


@studies.register("demo")
def demo() -> Study:
    """Six models learn to copy short sequences: soft and discrete memory, and none; two seeds."""
    pairs = [
        ("none", "soft"),
        ("ntm", "soft"),
        ("ntm", "straight_through"),
        ("ntm", "reinforce"),
        ("dnc", "soft"),
        ("dntm", "reinforce"),
    ]
    models = [
        ModelSpec(
            cell,
            estimator,
            controller_size=32,
            cell_options=OPTIONS[cell],
        )
        for cell, estimator in pairs
    ]
    return Study(
        name="demo",
        question="Does a discrete memory learn to copy as well as a differentiable one?",
        tasks={"copy": TaskSpec("copy", {"width": 4, "max_length": 5})},
        models={model.label: model for model in models},
        training=Training(
            updates=1_200,
            batch_size=32,
            learning_rate=4e-3,
            evaluate_every=100,
            test_lengths=(1, 3, 5, 7, 10),
            test_sequences=64,
            solved_errors=0.02,
        ),
        seeds=(0, 1),
    )
