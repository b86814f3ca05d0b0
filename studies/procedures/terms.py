"""The further terms of the loss: a trial's regularisers, told what they want of a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from envs.tasks.base import Batch, Task
from memnets import regularisers
from memnets.network import MemoryNetwork
from memnets.regularisers import Regulariser
from memnets.types import Rollout

from ..design.data import BadData
from .teachers import distiller

if TYPE_CHECKING:
    from .supervised import Supervised


def built_terms(settings: Supervised, task: Task, network: MemoryNetwork) -> torch.nn.ModuleList:
    """The regularisers of the settings, in their order, and last a distillation.

    Raises BadData where one wants to know where answers lie and the task does not say.
    """
    terms = torch.nn.ModuleList(
        regularisers.build(name, network, options)
        for name, options in settings.regularisers.items()
    )
    for name, term in zip(settings.regularisers, terms, strict=True):
        if "sources_TB" in _wanted(term) and type(task).sources is Task.sources:
            raise BadData(
                f"regulariser {name!r} needs a task that says where its answers lie "
                f"(Task.sources), which {type(task).__name__} does not."
            )
    if settings.distillation:
        device = next(network.parameters()).device
        own, backend = settings.distillation, settings.backend
        terms.append(distiller(own, network, task, backend, str(device)))
    return terms


def added(
    terms: torch.nn.ModuleList, rollout: Rollout, inputs_TBX: Tensor, task: Task, batch: Batch
) -> Tensor | int:
    """What the terms add to the loss of a batch; 0 where there are none."""
    total: Tensor | int = 0
    for term in terms:
        known = {name: _told(name, task, batch) for name in _wanted(term)}
        told = {
            name: None if array is None else torch.from_numpy(array).to(inputs_TBX.device)
            for name, array in known.items()
        }
        total = total + term(rollout, inputs_TBX, **told)
    return total


def _told(name: str, task: Task, batch: Batch) -> np.ndarray | None:
    return task.sources(batch) if name == "sources_TB" else getattr(batch, name)


def _wanted(term: torch.nn.Module) -> tuple[str, ...]:
    # a term of another package need not be a Regulariser
    return term.wanted() if isinstance(term, Regulariser) else ()
