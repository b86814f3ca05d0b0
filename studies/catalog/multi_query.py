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
from .published import in_share, published
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

    Raven, DeltaNet, Gated DeltaNet and the mLSTM have a row each as published.

    8,192 symbols, 64 to 512 steps, 4 to 64 pairs; the logits are those of the symbols that come in,
    by their vectors, as there. Where attention has fewer slots than steps, the oldest are lost. The
    same search for the learning rate for all, two rates on seed 0, then three fresh seeds, a minute
    for each of 840 trials, tests not counted: seven hours on two cores, a quarter of it for
    `--tasks "64*"`.
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
            f"{name}, {state:,} numbers": _sized(model, state)
            for state in STATES
            for name, model in (_models() | published(CELLS)).items()
        },
        procedure=replace(
            RECIPE,
            updates=1_000_000,
            batch_size=32,
            falling_rate=None,
            schedule=RateSchedule("cosine", least=0.05),
            budget=Budget(seconds=60.0),
            clock=PROCESSOR,
            evaluate_every=500,
            test_lengths=None,
            test_sequences=64,
        ),
        seeds=FRESH[:3],
        tuning=Search(space={"learning_rate": (3e-3, 1e-2)}, seeds=(0,)),
    )


def _models() -> dict[str, ModelSpec]:
    found = {}
    for cell, options in CELLS.items():
        for way in ("soft", "hardened"):
            estimator, own = WAYS[way]
            found[f"{cell}, {way}"] = ModelSpec(
                cell, estimator, cell_options=options, estimator_options=dict(own)
            )
    return found


def _sized(model: ModelSpec, state: int) -> ModelSpec:
    # of the sizes of inputs and answers the state knows nothing
    own = replace(model, controller_size=CONTROLLER, feed_read=model.cell in FED)
    small = own.matched("state", state, input_size=1, output_size=1)
    return replace(in_share(small), embedding=EMBEDDING, tied=True)
