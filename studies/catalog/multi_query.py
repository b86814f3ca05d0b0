"""Multi-query recall as published: how much can a state of so many numbers recall?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from memnets.presets import WAYS
from memnets.spec import ModelSpec

from ..design.search import Search
from ..design.study import Study, studies
from ..design.trial import TaskSpec
from ..procedures.clock import PROCESSOR
from ..procedures.selection import Budget, RateSchedule
from .recipe import FRESH, RECIPE

SIZES = ((64, 4), (128, 8), (256, 16), (512, 64))
"""Steps and pairs of Arora et al. (2023), from the easiest to the hardest."""
STATES = (2_048, 8_192, 32_768)
"""Numbers that a sequence carries from step to step."""
CELLS: dict[str, dict[str, Any]] = {
    "attention": {"slots": 64, "width": 32, "heads": 1},
    "delta": {"slots": 64, "width": 32, "heads": 1},
    "slots": {"slots": 64, "width": 32, "heads": 1},
    "mlstm": {"slots": 32, "width": 32, "heads": 1, "keys": "softmax"},
    "dnc": {"slots": 64, "width": 32, "read_heads": 1},
}
CONTROLLER, EMBEDDING = 64, 64
FED = ("dnc",)
"""Their next key hangs on what was read; the others see the input alone, and run whole sequences at
once."""


@studies.register("multi_query")
def multi_query() -> Study:
    """Attention, delta rule, gated slots, mLSTM and DNC, soft and hardened, at three state sizes.

    8,192 symbols, 64 to 512 steps, 4 to 64 pairs. Where attention has fewer slots than steps, the
    oldest are lost. The same search for the learning rate for all, on seed 0, and five minutes for
    each of three fresh seeds: more than a day on two cores, so run a part, such as
    `--tasks "64*" --models "*2,048*"`.
    """
    return Study(
        name="multi_query",
        question="How much can a memory recall, for the numbers that it carries?",
        tasks={
            f"{steps} steps, {pairs} pairs": TaskSpec(
                "multi_query_recall",
                {"min_length": steps, "max_length": steps, "min_pairs": pairs, "max_pairs": pairs},
            )
            for steps, pairs in SIZES
        },
        models={
            f"{cell}, {way}, {state:,} numbers": _model(cell, way, state)
            for state in STATES
            for cell in CELLS
            for way in ("soft", "hardened")
        },
        procedure=replace(
            RECIPE,
            updates=1_000_000,
            batch_size=32,
            falling_rate=None,
            schedule=RateSchedule("cosine", least=0.05),
            budget=Budget(seconds=300.0),
            clock=PROCESSOR,
            evaluate_every=200,
            test_lengths=None,
            test_sequences=64,
        ),
        seeds=FRESH[:3],
        tuning=Search(space={"learning_rate": (1e-3, 3e-3, 1e-2)}, seeds=(0,)),
    )


def _model(cell: str, way: str, state: int) -> ModelSpec:
    estimator, options = WAYS[way]
    model = ModelSpec(
        cell,
        estimator,
        controller_size=CONTROLLER,
        cell_options=CELLS[cell],
        estimator_options=dict(options),
        embedding=EMBEDDING,
        feed_read=cell in FED,
    )
    # of the sizes of inputs and answers the state knows nothing
    small = replace(model, embedding=0).matched("state", state, input_size=1, output_size=1)
    return replace(small, embedding=EMBEDDING)
