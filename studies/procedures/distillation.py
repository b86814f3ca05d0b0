"""Distillation: a trained network teaches another what it answers and where it looks."""

from __future__ import annotations

from dataclasses import dataclass

from ..design.settings import check_number, require


@dataclass(frozen=True)
class Distillation:
    """Ask for the answers, and perhaps the addresses, of a teacher, beside the task's own.

    `teacher` is the path of a model that `memnets.save` wrote, or of a trial's checkpoint. To the
    loss comes `weight` times the divergence of the answers from the teacher's, at a `temperature`
    by which both logits are divided, times its square (Hinton et al., 2015), and `addresses` times
    that of the addresses from the teacher's, for which both need the same heads and slots. Both are
    in nats, summed over steps, means over the batch: scored steps for answers, all for addresses.

    What tells one teacher from another is `teacher_sha256`, which is of its model and its weights
    (`stored_network.digest`). It is read from the file where it is not given, and is part of a
    trial's id; the path, which differs between machines, is not.

    Raises BadData where there is no teacher at the path and no digest is given.
    """

    teacher: str
    teacher_sha256: str = ""
    weight: float = 1.0
    temperature: float = 1.0
    addresses: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "teacher", str(self.teacher))
        check_number(self, "distillation", "weight", "addresses", least=0)
        check_number(self, "distillation", "temperature", above=0)
        given = isinstance(self.teacher_sha256, str)
        require(given, self, "distillation", "teacher_sha256", "text, as in the trial's JSON")
        if not self.teacher_sha256:
            # torch, which takes a while to import, is needed for this alone
            from .stored_network import digest, stored

            network = stored(self.teacher, "teacher")
            object.__setattr__(self, "teacher_sha256", digest(network))
