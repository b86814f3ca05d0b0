"""The trial and the trained network of a checkpoint file."""

from __future__ import annotations

import json
from os import PathLike
from pathlib import Path
from typing import Any

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


def trained(path: str | PathLike[str], device: str = "cpu") -> tuple[Trial, MemoryNetwork]:
    """The trial and the network of a checkpoint file, in evaluation mode.

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
        fit(network, data["network"])
    except FileNotFoundError:
        raise BadData(f"there is no checkpoint {path}.") from None
    except BadCheckpoint as error:
        raise BadData(f"{path} cannot be used: {error}.") from error
    except NotFromFile as error:
        raise BadData(f"{path} cannot be used: {error.args[0]}") from error
    return trial, network.eval()


def _built(data: Any, path: Path) -> tuple[Trial, MemoryNetwork]:
    """The trial that a checkpoint holds and its network, not trained yet."""
    trial = Trial.from_json(data, str(path))
    settings = trial.procedure
    if not isinstance(settings, Supervised | Evolution):
        raise BadCheckpoint(f"it is of a trial of the procedure {settings.name!r}")
    sizes = trial.task.build().network_sizes
    with torch.random.fork_rng(devices=[]):
        return trial, trial.model.build(**sizes, backend=settings.backend)
