"""Checkpoints of training as bytes."""

from __future__ import annotations

import io
from collections.abc import Mapping, Set
from typing import Any

import torch

from .base import BadCheckpoint

COUNTERS = ("step", "seconds", "sums", "below", "solved")
"""Fields of a Learner that are stored as they are."""
PARTS = {"network", "regularisers", "optimiser", "data", "torch"}
ENTRIES = {"id", "trial", "longest", *PARTS, *COUNTERS}


def written(data: Mapping[str, Any]) -> bytes:
    """A checkpoint's entries as one piece of bytes."""
    buffer = io.BytesIO()
    torch.save(dict(data), buffer)
    return buffer.getvalue()


def read(checkpoint: bytes, device: torch.device, entries: Set[str] = ENTRIES) -> dict[str, Any]:
    """What a checkpoint holds; raises BadCheckpoint for bytes that are none, or lack an entry."""
    try:
        data = torch.load(io.BytesIO(checkpoint), map_location=device, weights_only=True)
    # what is not a checkpoint can fail in any way that unpickling can
    except Exception as error:
        raise BadCheckpoint(
            "it is not a checkpoint of a trial: torch.load finds no tensors and plain data in it, "
            "or more than these"
        ) from error
    if not isinstance(data, dict) or not set(data) >= entries:
        raise BadCheckpoint(f"it is not a checkpoint of a trial: it holds {_contents(data)}")
    return data


def fit(part: Any, state: dict[str, Any]) -> None:
    """Load a state into a module or an optimiser; raises BadCheckpoint where it does not fit."""
    try:
        part.load_state_dict(state)
    except (RuntimeError, ValueError, KeyError) as error:
        reason = " ".join(str(error).split())
        raise BadCheckpoint(
            f"it was written by another version of the model ({reason:.200})"
        ) from error


def _contents(data: Any) -> str:
    if not isinstance(data, Mapping):
        return f"a {type(data).__name__}"
    if {"spec", "state"} <= set(data):
        return "a model that memnets.save wrote, without its optimiser"
    if data and all(isinstance(value, torch.Tensor) for value in data.values()):
        return "tensors by name, as the state_dict of a module"
    return f"the entries {', '.join(map(str, data)) or 'none':.80}"
