"""Models with the settings that a paper published, ready to study.

Sizes of the NTM's are those of its paper's tables 1 to 3; every memory there is 128 × 20. Those of
the RL-NTM are of its paper and of the runs that its authors published with their code.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from .options import require_one_of, require_positive, shown
from .preset_dntm import DNTM_SCRIPTS as DNTM_SCRIPTS
from .preset_dntm import dntm2018 as dntm2018
from .preset_language import deltanet2024 as deltanet2024
from .preset_language import gated_deltanet2025 as gated_deltanet2025
from .preset_language import raven2026 as raven2026
from .preset_language import xlstm2024 as xlstm2024
from .spec import ModelSpec


class _Published(NamedTuple):
    """Heads (as many write as read) and controller of both NTMs, and the LSTM baseline's size."""

    feedforward: tuple[int, int]
    lstm: tuple[int, int, int]
    baseline: int
    learning_rates: tuple[float, float, float]


# feedforward: (heads, size); lstm: (heads, size, layers); rates: feedforward, lstm, baseline
PUBLISHED: Mapping[str, _Published] = MappingProxyType(
    {
        "copy": _Published((1, 100), (1, 100, 1), 256, (1e-4, 1e-4, 3e-5)),
        "repeat_copy": _Published((1, 100), (1, 100, 1), 512, (1e-4, 1e-4, 3e-5)),
        "associative_recall": _Published((4, 256), (1, 100, 1), 256, (1e-4, 1e-4, 1e-4)),
        "dynamic_ngrams": _Published((1, 100), (1, 100, 1), 128, (3e-5, 3e-5, 1e-4)),
        "priority_sort": _Published((8, 512), (5, 100, 2), 128, (3e-5, 3e-5, 3e-5)),
    }
)


# by task, as named here: inverse temperature of moves, and the error at which a level is learned
RLNTM_TASKS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "copy": (0.01, 0.2),
        "reverse": (0.01, 0.25),
        "symbol_repeat_copy": (0.03, 0.2),
        "duplicated_input": (0.01, 0.2),
    }
)


def graves2014(task: str, controller: str = "lstm", estimator: str = "soft") -> ModelSpec:
    """The NTM of that task's experiment, `controller` being lstm or feedforward (NTM, tables 1, 2).

    Raises ValueError for a task or a controller that the paper does not have.
    """
    published = _of(task)
    require_one_of("controller", controller, ("lstm", "feedforward"))
    if controller == "feedforward":
        (heads, size), layers = published.feedforward, 1
    else:
        heads, size, layers = published.lstm
    return ModelSpec(
        "ntm",
        estimator,
        controller,
        size,
        cell_options={"slots": 128, "width": 20, "write_heads": heads, "read_heads": heads},
        controller_options={"layers": layers} if layers > 1 else {},
    )


def graves2013(task: str) -> ModelSpec:
    """The LSTM baseline of that task's experiment: three layers with skips (NTM, table 3)."""
    return ModelSpec("none", "soft", "graves2013", _of(task).baseline)


def ntm_parameters(
    input_size: int,
    output_size: int,
    *,
    size: int,
    heads: int,
    width: int = 20,
    shifts: int = 3,
) -> int:
    """Parameters of an NTM with a one-layer feed-forward controller, in closed form."""
    require_positive(input_size=input_size, output_size=output_size, size=size)
    require_positive(heads=heads, width=width, shifts=shifts)
    controller = size * (input_size + heads * width + 1)
    interface = (size + 1) * heads * ((width + 3 + shifts) + (3 * width + 3 + shifts))
    return controller + interface + output_size * (size + heads * width + 1)


def rlntm2015(task: str, *, estimator: str = "reinforce", **cell_options: Any) -> ModelSpec:
    """The RL-NTM with direct access of its authors' code, trained as `rlntm2015_training` says.

    LSTM 25; a tape of 30 slots of 35 reals, which wraps round; reads and writes over ±2 slots, the
    written vectors with tanh and a forget gate each; last moves as inputs; moves by REINFORCE with
    returns to go, less a baseline by LSTMs that know the whole input, neither normalised nor with
    an entropy bonus. The input goes by once, a step at a time. Not as there: parameters start as
    everywhere here, where the paper draws them from a Gaussian of deviation 0.1, which is of like
    size; the first state is zero, in the code 0.1.

    `cell_options` stand in for single options of the cell. Raises ValueError for a task that is not
    among copy, reverse (which is its forward-reverse), symbol_repeat_copy and duplicated_input.
    """
    inverse_temperature, _ = _rlntm_task(task)
    published = {
        "slots": 30,
        "width": 35,
        "erase": True,
        "window": 5,
        "write_window": 5,
        "written": "tanh",
        "inverse_temperature": inverse_temperature,
        "last_moves": True,
        "direct_access": True,
    }
    reinforce = {"baseline": "sequence", "entropy_weight": 0.0, "normalise": False}
    return ModelSpec(
        "rlntm",
        estimator,
        controller_size=25,
        cell_options=published | cell_options,
        estimator_options=reinforce if str(estimator) == "reinforce" else {},
    )


HARDENED: Mapping[str, float] = MappingProxyType({"growth": 7e-4})
"""Options of `hardened` with which soft and one-slot scores came together on every cell tried."""

WAYS: Mapping[str, tuple[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "soft": ("soft", {}),
        "hardened, price alone": ("hardened", {}),
        "hardened": ("hardened", HARDENED),
        "annealed to straight-through": (
            "annealed",
            {"then": "straight_through", "schedule": "learned", "price": {}},
        ),
        "straight-through": ("straight_through", {}),
        "straight-through, sampled": ("straight_through", {"choice": "sample"}),
        "straight-through, sampled, priced": (
            "straight_through",
            {"choice": "sample", "price": {}},
        ),
        "gumbel": ("gumbel", {}),
        "reinmax": ("reinmax", {}),
        "annealed to reinforce": ("annealed", {"then_options": {"entropy_weight": 0.0}}),
        "reinforce": ("reinforce", {}),
        "leave one out": ("leave_one_out", {}),
    }
)
"""Ways of choosing an address, from soft to discrete: estimators and their options."""


def discretised_ntm(size: int = 100, **cell_options: int) -> dict[str, ModelSpec]:
    """One NTM under every way of choosing its address (Gleeson and Watson's question)."""
    return {
        name: ModelSpec(
            "ntm",
            estimator,
            controller_size=size,
            cell_options=cell_options,
            estimator_options=dict(options),
        )
        for name, (estimator, options) in WAYS.items()
    }


def _of(task: str) -> _Published:
    if not isinstance(task, str) or task not in PUBLISHED:
        raise ValueError(f"the NTM paper has no task {shown(task)}, but {', '.join(PUBLISHED)}")
    return PUBLISHED[task]


def rlntm2015_training(task: str) -> dict[str, Any]:
    """How that model was trained, as settings of supervised training: `Supervised(**settings)`.

    Descent with momentum; two million sequences, about what the authors' runs took to level 10 of
    reverse; a length of its own for each sequence; the model's gradient clipped at 2, that of the
    baseline at 5 as in the authors' code (the paper: 5 and 2). Raises ValueError for a task that
    `rlntm2015` does not have.
    """
    _, errors = _rlntm_task(task)
    return {
        "updates": 10_000,
        "batch_size": 200,
        "learning_rate": 0.05,
        "optimiser": "sgd",
        "clip_norm": 2.0,
        "baseline_clip_norm": 5.0,
        "curriculum": {"kind": "mixture", "errors": errors},
    }


def _rlntm_task(task: str) -> tuple[float, float]:
    if not isinstance(task, str) or task not in RLNTM_TASKS:
        raise ValueError(
            f"the RL-NTM's preset has no task {shown(task)}, but {', '.join(RLNTM_TASKS)}"
        )
    return RLNTM_TASKS[task]
