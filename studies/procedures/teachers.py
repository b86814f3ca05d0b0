"""Teachers of a distillation: what they add to the loss of a network that they fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from envs.answers import Answer
from envs.tasks.base import Task
from memnets.backends import warm_up
from memnets.file_names import names_from_file
from memnets.network import MemoryNetwork
from memnets.registry import NotFromFile
from memnets.regularisers import Regulariser
from memnets.spec import ModelSpec
from memnets.types import Rollout

from ..design.data import BadData
from .base import BadCheckpoint
from .checkpoint import fit
from .cost import divergence
from .stored_network import digest, stored

if TYPE_CHECKING:
    from .distillation import Distillation

FLOOR = 1e-6
"""Added to both addresses before their logarithm: a slot may have no weight at all."""


class Distiller(Regulariser):
    """Adds what a distillation asks for; the teacher is no part of what is trained or stored."""

    def __init__(
        self, network: MemoryNetwork, teacher: MemoryNetwork, answer: Answer, own: Distillation
    ) -> None:
        super().__init__()
        self.own, self.answer, self.slots = own, answer, network.cell.slots
        # in a tuple, the teacher's parameters are not the module's
        self._teacher = (teacher.eval(),)

    def forward(
        self, rollout: Rollout, inputs_TBX: Tensor, *, mask_TB: Tensor | None = None
    ) -> Tensor:
        with torch.no_grad():
            theirs = self._teacher[0](inputs_TBX)
        apart_TB = divergence(
            self.answer, rollout.logits_TBY, theirs.logits_TBY, self.own.temperature
        )
        if mask_TB is not None:
            apart_TB = apart_TB.where(mask_TB, 0.0)
        total = self.own.weight * apart_TB.sum(0).mean()
        if self.own.addresses:
            dense = (one.address.dense(self.slots) for one in (rollout, theirs))
            total = total + self.own.addresses * address_divergence(*dense)
        return total


def address_divergence(weights_TBHN: Tensor, theirs_TBHN: Tensor) -> Tensor:
    """KL of addresses from a teacher's, the no-op a slot of its own: nats, batch mean of the sum.

    Σ a log((a + FLOOR) / (w + FLOOR)) over steps, heads and slots, w ours and a the teacher's.
    """
    ours, theirs = (_with_no_op(weights) for weights in (weights_TBHN, theirs_TBHN))
    terms = theirs * ((theirs + FLOOR).log() - (ours + FLOOR).log())
    return terms.sum((0, -1, -2)).mean()


def distiller(
    own: Distillation, network: MemoryNetwork, task: Task, backend: str, device: str
) -> Distiller:
    """The term of a distillation; raises BadData for a teacher that cannot teach this network.

    torch's random numbers are left as they were.
    """
    teacher = stored(own.teacher, "teacher")
    if digest(teacher) != own.teacher_sha256:
        raise BadData(
            f"{teacher.path} is another teacher than the trial's, whose teacher_sha256 is "
            f"{own.teacher_sha256}."
        )
    try:
        with torch.random.fork_rng(devices=[]), names_from_file():
            model = ModelSpec.from_json(teacher.model)
            theirs = model.build(**task.network_sizes, backend=backend)
        fit(theirs, dict(teacher.state))
    except NotFromFile as error:
        raise BadData(f"{teacher.path} cannot teach: {error.args[0]}") from error
    except BadCheckpoint as error:
        raise BadData(f"{teacher.path} cannot teach this task: {error}.") from error
    places = [(one.cell.heads, one.cell.slots) for one in (network, theirs)]
    if own.addresses and (places[0] != places[1] or not network.cell.heads):
        raise BadData(
            "distillation of addresses needs a teacher with the same heads and slots, not "
            f"{_counts(*places[1])} for {_counts(*places[0])}."
        )
    theirs = theirs.to(device)
    warm_up(theirs)
    return Distiller(network, theirs, task.answer, own)


def _with_no_op(weights_TBHN: Tensor) -> Tensor:
    no_op_TBH1 = (1 - weights_TBHN.sum(-1, keepdim=True)).clamp(min=0)
    return torch.cat([weights_TBHN, no_op_TBH1], -1)


def _counts(heads: tuple[str, ...], slots: int) -> str:
    return f"{len(heads)} heads over {slots} slots"
