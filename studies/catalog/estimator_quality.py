"""The gradient of every estimator beside the exact one, which enumeration gives on a small task."""

from __future__ import annotations

from typing import Any

from memnets.spec import ModelSpec

from ..design.study import Study, studies
from ..design.trial import TaskSpec
from ..procedures.gradients import Gradients

PLAIN: dict[str, Any] = {"normalise": False, "entropy_weight": 0.0}
# a gate that any cost opens at once, so that the share stands still while gradients are measured
AT_ONCE: dict[str, Any] = {"weight": 0.0, "growth": 1.0, "mastered": 1e6, "warm": 1}


@studies.register("estimator_quality")
def estimator_quality() -> Study:
    """Bias, variance and cosine of every estimator's gradient against exact enumeration.

    REINFORCE runs without scaling and without a reward for entropy, because both change the loss
    whose gradient it estimates; for the same reason `hardened` charges nothing for entropy. It is
    measured at fixed shares of choices with one slot. `annealed` is left out: in each minibatch it
    is one of two estimators that are here. Two steps of the task have a cost, so that the cost from
    a step on differs from that of the whole sequence.
    """
    estimators: dict[str, tuple[str, dict[str, Any]]] = {
        "soft": ("soft", {}),
        "top_k (k = 1)": ("top_k", {"k": 1}),
        "noisy_top_k (k = 1)": ("noisy_top_k", {"k": 1}),
        "noisy_top_k (truncated)": ("noisy_top_k", {"k": 1, "renormalise": False}),
        "hardened (share 0)": ("hardened", {"weight": 0.0}),
        "hardened (share 0.5)": ("hardened", {**AT_ONCE, "most": 0.5}),
        "straight_through": ("straight_through", {}),
        "straight_through (sampled)": ("straight_through", {"choice": "sample"}),
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
        "reinforce (sequence)": ("reinforce", {**PLAIN, "baseline": "sequence"}),
        "actor-critic (learned, 0.9)": (
            "reinforce",
            {**PLAIN, "baseline": "learned", "gae_lambda": 0.9},
        ),
        "actor-critic (learned, 0.5)": (
            "reinforce",
            {**PLAIN, "baseline": "learned", "gae_lambda": 0.5},
        ),
        "actor-critic (sequence, 0.9)": (
            "reinforce",
            {**PLAIN, "baseline": "sequence", "gae_lambda": 0.9},
        ),
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
