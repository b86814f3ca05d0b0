"""A network in a file: read, and told from others by its content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ..design.data import BadData, canonical
from .base import BadCheckpoint
from .checkpoint import fit


class StoredNetwork(NamedTuple):
    """What a file says of a network: its model, as stored, and its parameters and buffers."""

    path: str
    model: Mapping[str, Any]
    state: Mapping[str, Tensor]


def stored(path: str, what: str) -> StoredNetwork:
    """The network of a saved model or of a trial's checkpoint; raises BadData, in one line, which
    says `what` was asked for.

    Tensors and plain data are read, never pickled objects.
    """
    try:
        data = torch.load(Path(path), map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise BadData(f"there is no {what} {path}.") from None
    # what is not a checkpoint can fail in any way that unpickling can
    except Exception as error:
        raise BadData(f"{path} is no {what}: torch.load finds no network in it.") from error
    if isinstance(data, Mapping) and {"spec", "state"} <= set(data):
        return StoredNetwork(path, data["spec"], data["state"])
    if isinstance(data, Mapping) and {"trial", "network"} <= set(data):
        return StoredNetwork(path, json.loads(data["trial"])["model"], data["network"])
    raise BadData(
        f"{path} is no {what}: it is neither a model of memnets.save nor a trial's checkpoint."
    )


def digest(network: StoredNetwork) -> str:
    """SHA-256 of the model's JSON and of every tensor: name, type, shape and bytes.

    A checkpoint and a model saved from it have the same one, and so has a copy elsewhere.
    """
    found = hashlib.sha256(canonical(network.model).encode())
    for name, value in sorted(network.state.items()):
        found.update(f"{name} {value.dtype} {list(value.shape)} ".encode())
        found.update(value.detach().cpu().flatten().view(torch.uint8).numpy().tobytes())
    return found.hexdigest()


def load_weights(network: torch.nn.Module, path: str, sha256: str) -> None:
    """Give a network the weights in a file; raises BadData where they do not fit, or are others."""
    found = stored(path, "file of weights")
    if digest(found) != sha256:
        raise BadData(
            f"{path} holds other weights than the trial's: weights_sha256 is {sha256}; it must be "
            "that of the file."
        )
    try:
        fit(network, dict(found.state))
    except BadCheckpoint as error:
        raise BadData(
            f"the weights in {path} do not fit this model on this task: {error}."
        ) from error
