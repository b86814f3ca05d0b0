"""Models with the settings that a paper published, ready to study.

Sizes are those of the NTM paper's tables 1 to 3; every memory there is 128 × 20.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

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


def graves2014(task: str, controller: str = "lstm", estimator: str = "soft") -> ModelSpec:
    """The NTM of that task's experiment, `controller` being lstm or feedforward (NTM, tables 1, 2).

    Raises ValueError for a task or a controller that the paper does not have.
    """
    published = _of(task)
    if controller == "feedforward":
        (heads, size), layers = published.feedforward, 1
    elif controller == "lstm":
        heads, size, layers = published.lstm
    else:
        raise ValueError(f"the NTM paper has no {controller!r} controller, but lstm, feedforward")
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
    controller = size * (input_size + heads * width + 1)
    interface = (size + 1) * heads * ((width + 3 + shifts) + (3 * width + 3 + shifts))
    return controller + interface + output_size * (size + heads * width + 1)


def discretised_ntm(size: int = 100, **cell_options: int) -> dict[str, ModelSpec]:
    """One NTM under every way of choosing its address (Gleeson and Watson's question).

    "soft, argmax tested" is trained soft and tested with the mode: the control.
    """
    estimators = {
        "soft": ("soft", {}),
        "soft, argmax tested": (
            "annealed",
            {"first": "soft", "then": "straight_through", "rate": 0.0},
        ),
        "straight_through": ("straight_through", {}),
        "gumbel": ("gumbel", {}),
        "reinmax": ("reinmax", {}),
        "reinforce": ("reinforce", {}),
        "leave_one_out": ("leave_one_out", {}),
    }
    return {
        name: ModelSpec(
            "ntm",
            estimator,
            controller_size=size,
            cell_options=cell_options,
            estimator_options=options,
        )
        for name, (estimator, options) in estimators.items()
    }


def _of(task: str) -> _Published:
    if task not in PUBLISHED:
        raise ValueError(f"the NTM paper has no task {task!r}, but {', '.join(PUBLISHED)}")
    return PUBLISHED[task]
