"""Evolution strategies on copy: the control that needs no gradient, so none through a choice."""

from __future__ import annotations

from memnets.spec import ModelSpec

from ..design.study import Study, studies
from ..design.trial import TaskSpec
from ..procedures.evolution import Evolution

SIZES = {"slots": 8, "width": 8}
UNITS = 20


@studies.register("evolution_control")
def evolution_control() -> Study:
    """Evolution strategies on a small copy, with one slot in every member, beside soft and none."""
    return Study(
        name="evolution_control",
        question="What does a memory of one slot learn where no gradient is needed?",
        tasks={"copy": TaskSpec("copy", {"width": 3, "max_length": 3})},
        models={
            "no memory": ModelSpec("none", controller_size=UNITS),
            "one slot, LSTM": ModelSpec("ntm", "straight_through", "lstm", UNITS, SIZES),
            # it cannot copy without its memory
            "one slot, feed-forward": ModelSpec(
                "ntm", "straight_through", "feedforward", UNITS, SIZES
            ),
            "soft, feed-forward": ModelSpec("ntm", "soft", "feedforward", UNITS, SIZES),
        },
        procedure=Evolution(
            updates=1_000,
            population=64,
            sigma=0.05,
            learning_rate=0.02,
            batch_size=16,
            evaluate_every=100,
            test_lengths=(1, 2, 3, 4, 6),
            test_sequences=256,
            solved_errors=0.05,
        ),
        seeds=(10, 11, 12),
    )
