"""The gradient of every estimator beside the exact one, which enumeration gives on a small task."""

from __future__ import annotations

from typing import Any

from memnets.spec import ModelSpec

from ..design.study import Study, studies
from ..design.trial import TaskSpec
from ..procedures.gradients import Gradients

PLAIN: dict[str, Any] = {"normalise": False, "entropy_weight": 0.0}


@studies.register("estimator_quality")
def estimator_quality() -> Study:
    """Bias, variance and cosine of every estimator's gradient against exact enumeration.

    REINFORCE runs without scaling and without a reward for entropy, because both change the loss
    whose gradient it estimates. `annealed` is left out: in each minibatch it is one of two
    estimators that are here. Two steps of the task have a cost, so that the cost from a step on
    differs from that of the whole sequence.
    """
    estimators: dict[str, tuple[str, dict[str, Any]]] = {
        "soft": ("soft", {}),
        "top_k (k = 1)": ("top_k", {"k": 1}),
        "straight_through": ("straight_through", {}),
        "gumbel (tau 1)": ("gumbel", {"temperature": 1.0}),
        "gumbel (tau 0.3)": ("gumbel", {"temperature": 0.3}),
        "gumbel (relaxed)": ("gumbel", {"straight_through": False, "temperature": 1.0}),
        "gumbel_rao": ("gumbel_rao", {"temperature": 1.0}),
        "reinmax": ("reinmax", {}),
        "reinforce (no baseline)": ("reinforce", {**PLAIN, "baseline": "none"}),
        "reinforce (whole return)": (
            "reinforce",
            {**PLAIN, "baseline": "moving_average", "return_to_go": False},
        ),
        "reinforce (moving average)": ("reinforce", {**PLAIN, "baseline": "moving_average"}),
        "reinforce (per step)": ("reinforce", {**PLAIN, "baseline": "per_step"}),
        "reinforce (learned)": ("reinforce", {**PLAIN, "baseline": "learned"}),
        "leave_one_out": ("leave_one_out", PLAIN),
    }
    small = {"width": 3, "max_length": 1, "max_repeats": 1}
    sizes = {"ntm": {"slots": 2, "width": 3}, "dntm": {"slots": 2, "width": 3, "address_width": 2}}
    return Study(
        name="estimator_quality",
        question="Which estimator gives the best gradient for its time?",
        tasks={"repeat copy, once": TaskSpec("repeat_copy", small)},
        models={
            f"{cell}/{label}": ModelSpec(
                cell, name, "feedforward", 8, cell_options=options, estimator_options=settings
            )
            for cell, options in sizes.items()
            for label, (name, settings) in estimators.items()
        },
        procedure=Gradients(updates=180, batch_size=16, learning_rate=1e-2),
        seeds=(0, 1, 2),
    )
