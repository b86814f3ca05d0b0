"""What a network can be called with: shapes of inputs and state, and the precision."""

from __future__ import annotations

import torch
from torch import Tensor

from .types import NetworkState


def check_call(
    inputs_TBX: Tensor, state: NetworkState | None, *, input_size: int, dtype: torch.dtype
) -> None:
    """Raises ValueError, in one sentence, where a network cannot unroll over such inputs."""
    _check_precision(dtype)
    _check_tensor(inputs_TBX, "inputs are", dtype)
    shape, X = tuple(inputs_TBX.shape), input_size
    if len(shape) != 3 or shape[2] != X:
        raise ValueError(
            f"inputs are of the shape (T, B, X), steps x sequences x inputs, with X = {X}, "
            f"not {shape}"
        )
    if state is not None:
        _check_state(state, shape[1], f"inputs (T, B, X) of the shape {shape}", shape[0])


def check_starts(starts_TB: Tensor, inputs_TBX: Tensor) -> None:
    """Raises ValueError, in one sentence, where these cannot be the starts of episodes in inputs.

    They are booleans (T, B), on the inputs' device.
    """
    if not isinstance(starts_TB, Tensor) or starts_TB.dtype != torch.bool:
        given = starts_TB.dtype if isinstance(starts_TB, Tensor) else type(starts_TB).__name__
        raise ValueError(f"starts are a tensor of booleans (T, B), not {given}")
    if starts_TB.shape != inputs_TBX.shape[:2]:
        raise ValueError(
            f"starts of the shape {tuple(starts_TB.shape)} do not go with inputs (T, B, X) of the "
            f"shape {tuple(inputs_TBX.shape)}"
        )


def check_asked(asked_SB: Tensor, inputs_TBX: Tensor) -> None:
    """Raises ValueError, in one sentence, where these cannot be steps of the inputs' sequences.

    They are whole numbers (S, B), on the inputs' device; what lies beyond them is not looked for.
    """
    if not isinstance(asked_SB, Tensor) or asked_SB.dtype != torch.int64:
        given = asked_SB.dtype if isinstance(asked_SB, Tensor) else type(asked_SB).__name__
        raise ValueError(f"steps that are asked for are a tensor of int64 (S, B), not {given}")
    if asked_SB.ndim != 2 or asked_SB.shape[1] != inputs_TBX.shape[1]:
        raise ValueError(
            f"steps that are asked for, (S, B) of the shape {tuple(asked_SB.shape)}, do not go "
            f"with inputs (T, B, X) of the shape {tuple(inputs_TBX.shape)}"
        )


def check_step(x_BX: Tensor, state: NetworkState, *, input_size: int, dtype: torch.dtype) -> None:
    """Raises ValueError, in one sentence, where a network cannot take a step with such an input."""
    _check_precision(dtype)
    _check_tensor(x_BX, "the input of a step is", dtype)
    shape, X = tuple(x_BX.shape), input_size
    if len(shape) != 2 or shape[1] != X:
        raise ValueError(
            f"the input of a step is of the shape (B, X), sequences x inputs, with X = {X}, "
            f"not {shape}"
        )
    _check_state(state, shape[0], f"an input (B, X) of the shape {shape}")


def _check_state(
    state: NetworkState, batch_size: int, given: str, steps: int | None = None
) -> None:
    if not isinstance(state, NetworkState):
        raise ValueError(
            f"a state is the NetworkState of a rollout, rollout.state, not {type(state).__name__}"
        )
    of = len(state.read_BO)
    if of != batch_size:
        hint = "; put time first" if of == steps else ""
        raise ValueError(f"a state of B = {of} sequences does not go with {given}{hint}")


def _check_tensor(given: object, subject: str, dtype: torch.dtype) -> None:
    if not isinstance(given, Tensor):
        raise ValueError(f"{subject} a tensor, not {type(given).__name__}")
    # autocast converts by itself; whole numbers and smaller floats become the network's
    if torch.is_autocast_enabled(given.device.type):
        return
    if torch.promote_types(given.dtype, dtype) != dtype:
        own, other = (str(kind).removeprefix("torch.") for kind in (dtype, given.dtype))
        raise ValueError(f"{subject} of the network's precision, {own}, not {other}")


def _check_precision(dtype: torch.dtype) -> None:
    if dtype == torch.float16:
        raise ValueError(
            "a network does not run in float16, where the small constants of its equations vanish: "
            "use float32, float64 or bfloat16, or float32 under torch.autocast"
        )
