"""Fine-tuning: a training that begins with the weights of a trained network."""

from __future__ import annotations

from dataclasses import dataclass

from ..design.settings import require


@dataclass(frozen=True)
class FineTuning:
    """Begin with the weights of a model that `memnets.save` wrote, or of a trial's checkpoint.

    The network must have the same parts and sizes; its optimiser, curriculum and clock begin anew.
    What tells one file of weights from another is `weights_sha256`, which is of its model and its
    weights (`stored_network.digest`). It is read from the file where it is not given, and is part
    of a trial's id; the path, which differs between machines, is not.

    Raises BadData where there is no such file and no digest is given.
    """

    weights: str
    weights_sha256: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "weights", str(self.weights))
        given = isinstance(self.weights_sha256, str)
        require(given, self, "fine_tuning", "weights_sha256", "text, as in the trial's JSON")
        if not self.weights_sha256:
            # torch, which takes a while to import, is needed for this alone
            from .stored_network import digest, stored

            network = stored(self.weights, "file of weights")
            object.__setattr__(self, "weights_sha256", digest(network))
