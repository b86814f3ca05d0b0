"""The D-NTM with the settings of its authors' scripts; `memnets.presets` has it too."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from .spec import ModelSpec

# by controller and estimator: width of the learned addresses, reads per input
DNTM_SCRIPTS: Mapping[tuple[str, str], tuple[int, int]] = MappingProxyType(
    {
        ("gru", "reinforce"): (16, 3),
        ("gru", "soft"): (20, 3),
        ("feedforward", "soft"): (16, 1),
        ("feedforward", "annealed"): (16, 1),
    }
)


def dntm2018(
    controller: str = "gru",
    estimator: str = "reinforce",
    *,
    policy_weight: float = 4e-5,
    entropy_weight: float = 1e-5,
    baseline: str = "learned",
    **cell_options: Any,
) -> ModelSpec:
    """The D-NTM of its authors' scripts for bAbI; `DNTM_SCRIPTS` has the pairs that they ran.

    180 units and 120 slots; tanh contents, strength and recency as in that code; three reads per
    input with a GRU, one with a feed-forward controller. REINFORCE weighs the cost of the whole
    sequence by `policy_weight` and entropy by `entropy_weight`, those of the code: a ratio of 1/4,
    0.015 to 0.33 in its scripts (policy weights of 3e-5 to 9e-5). `baseline` is learned (the
    paper's IB) or moving_average (MAB). The feed-forward controller that goes from soft to discrete
    has the sizes of the soft one, since no script for it was published. `cell_options` stand in for
    single options of the cell. Raises ValueError for another pair.
    """
    pair = str(controller), str(estimator)
    if pair not in DNTM_SCRIPTS:
        pairs = ", ".join(" with ".join(known) for known in DNTM_SCRIPTS)
        raise ValueError(
            f"the D-NTM's preset has no {pair[0]:.40} with {pair[1]:.40}, but {pairs}, a "
            "controller with an estimator each"
        )
    address_width, read_steps = DNTM_SCRIPTS[pair]
    published = {
        "slots": 120,
        "width": 28,
        "address_width": address_width,
        "read_steps": read_steps,
        "candidate": "tanh",
        "strength": "softplus",
        "recency_of": "similarity",
        "recency_decay": 0.04,
    }
    score = {
        "baseline": baseline,
        "return_to_go": False,
        "weight": policy_weight,
        "entropy_weight": entropy_weight,
    }
    options: Mapping[str, Mapping[str, Any]] = {
        "soft": {},
        "reinforce": score,
        "annealed": {"then_options": score},
    }
    return ModelSpec(
        "dntm",
        estimator,
        controller,
        180,
        cell_options=published | cell_options,
        estimator_options=options[estimator],
    )
