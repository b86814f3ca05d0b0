"""The trial and the trained network of a checkpoint file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any, Literal

import torch

from memnets.file_names import names_from_file
from memnets.network import MemoryNetwork
from memnets.registry import NotFromFile

from ..design.data import BadData
from ..design.trial import Trial
from .base import BadCheckpoint
from .checkpoint import fit, read
from .evolution import Evolution
from .supervised import Supervised

NEEDED = {"id", "trial", "network"}
"""Entries of a checkpoint that has a network, whatever trained it."""


Which = Literal["best", "last"]


def trained(
    path: str | PathLike[str], device: str = "cpu", which: Which = "best"
) -> tuple[Trial, MemoryNetwork]:
    """The trial and the network of a checkpoint file, in evaluation mode.

    Where the trial has a `Selection`, that is the best network so far, or the last; without one,
    the two are the same.

    Raises BadData where the file is no checkpoint of a procedure that trains a network, and where
    it names code that is neither registered nor in use in this process: reading a checkpoint runs
    nothing of its choice. torch's random numbers are left as they were.
    """
    path = Path(path)
    try:
        data = read(path.read_bytes(), torch.device(device), NEEDED)
        with names_from_file():
            trial, network = _built(json.loads(data["trial"]), path)
        network = network.to(device)
        fit(network, dict(_weights(data, which)))
    except FileNotFoundError:
        raise BadData(f"there is no checkpoint {path}.") from None
    except BadCheckpoint as error:
        raise BadData(f"{path} cannot be used: {error}.") from error
    except NotFromFile as error:
        raise BadData(f"{path} cannot be used: {error.args[0]}") from error
    return trial, network.eval()


def _weights(data: Mapping[str, Any], which: Which) -> Mapping[str, Any]:
    """The best network of a training, or its last: in a checkpoint of any moment."""
    selection = data.get("watchers", {}).get("selection", {})
    last = selection.get("last")
    if which == "last":
        return last["network"] if last else data["network"]
    kept = selection.get("kept")
    return kept["learner"]["network"] if kept and not last else data["network"]


def _built(data: Any, path: Path) -> tuple[Trial, MemoryNetwork]:
    """The trial that a checkpoint holds and its network, not trained yet."""
    trial = Trial.from_json(data, str(path))
    settings = trial.procedure
    if not isinstance(settings, Supervised | Evolution):
        raise BadCheckpoint(f"it is of a trial of the procedure {settings.name!r}")
    sizes = trial.task.build().network_sizes
    with torch.random.fork_rng(devices=[]):
        return trial, trial.model.build(**sizes, backend=settings.backend)
