"""A baseline that knows the whole input: the RL-NTM's offline network."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..options import require_number, require_positive

DEVIATION = 0.1
"""Weights start Gaussian with this standard deviation (RL-NTM)."""


class SequenceBaseline(nn.Module):
    """Predicts the return from each step on, (T, B), before the step's choices (RL-NTM, 2.3).

    An LSTM reads the inputs from the last to the first. A second one runs beside the controller: at
    each step it sees the input and the controller's output. The prediction is `scale` · w · relu(A
    h + B r), with h of the second LSTM at that step and r of the first at its end. No choice of
    this step or of a later one is seen, so a score function stays unbiased. As in the authors'
    code, the first LSTM's forget gates begin with 1 added.

    Its first weights come from a generator of their own, seeded by torch's, which does not move.
    """

    def __init__(
        self, feature_size: int, input_size: int, *, size: int = 25, scale: float = 0.05
    ) -> None:
        super().__init__()
        require_positive(baseline_size=size)
        require_number("baseline_scale", scale, above=0)
        self.scale = scale
        with torch.random.fork_rng(devices=[]), torch.device("cpu"):
            generator = torch.Generator().manual_seed(int(torch.randint(2**62, ())))
            self.reader = nn.LSTM(input_size, size)
            self.beside = nn.LSTM(input_size + feature_size, size)
            self.mix = nn.Linear(2 * size, size)
            self.out = nn.Linear(size, 1)
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.normal_(std=DEVIATION, generator=generator)
            self.reader.get_parameter("bias_ih_l0")[size : 2 * size] += 1

    def forward(
        self, features_TBC: Tensor, inputs_TBX: Tensor, lengths_B: Tensor | None = None
    ) -> Tensor:
        weight = self.out.weight
        # detached: a baseline never trains the model
        inputs_TBX, features_TBC = (x.detach().to(weight) for x in (inputs_TBX, features_TBC))
        whole_BZ = self._read(inputs_TBX, lengths_B)
        beside_TBZ, _ = self.beside(torch.cat([inputs_TBX, features_TBC], -1))
        whole_TBZ = whole_BZ.expand_as(beside_TBZ)
        mixed_TBZ = self.mix(torch.cat([beside_TBZ, whole_TBZ], -1)).relu()
        predicted_TB: Tensor = self.scale * self.out(mixed_TBZ).squeeze(-1)
        return predicted_TB

    def _read(self, inputs_TBX: Tensor, lengths_B: Tensor | None) -> Tensor:
        """What the first LSTM has read, (B, Z): each sequence from its own last step."""
        if lengths_B is None:
            return self.reader(inputs_TBX.flip(0))[0][-1]
        steps_T1 = torch.arange(len(inputs_TBX), device=inputs_TBX.device).unsqueeze(1)
        last_B, row_B = lengths_B - 1, torch.arange(len(lengths_B), device=inputs_TBX.device)
        read_TBZ: Tensor = self.reader(inputs_TBX[(last_B - steps_T1).clamp_min(0), row_B])[0]
        return read_TBZ[last_B, row_B]
