"""One NTM with every estimator on copy: what a discrete address costs in training time."""

from __future__ import annotations

from memnets.presets import discretised_ntm as presets
from memnets.spec import ModelSpec

from ..design.study import Own, Study, studies
from ..design.trial import TaskSpec
from ..procedures.supervised import Supervised

# updates for about 90 s on one core of the machine that docs/results/discretised_ntm.md names;
# models without an entry make 14,000
UPDATES = {"no memory": 20_000, "reinforce": 12_000, "gumbel": 8_000, "leave_one_out": 4_800}


@studies.register("discretised_ntm")
def discretised_ntm() -> Study:
    """Error against wall-clock seconds for one NTM on copy, soft and under every discretisation."""
    own: Own = {("copy", model): {"updates": n} for model, n in UPDATES.items()}
    return Study(
        name="discretised_ntm",
        question="What does discretising one and the same NTM cost in training time?",
        tasks={"copy": TaskSpec("copy", {"max_length": 10})},
        # a model that does no better than "no memory" does not use its memory
        models={"no memory": ModelSpec("none"), **presets(slots=128, width=20)},
        procedure=Supervised(
            updates=14_000,
            batch_size=16,
            learning_rate=2e-3,
            clip_norm=50.0,
            evaluate_every=250,
            test_lengths=(1, 3, 5, 10, 15, 20),
            solved_errors=0.05,
        ),
        own=own,
        seeds=(0, 1, 2, 3, 4),
    )
