"""How far a task is learned, and what grows once it is."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..options import require_number, require_whole


class Gate(nn.Module):
    """How far a task is learned: r = max(0, 1 - c / (l c0)), from 0 to 1.

    c is a running mean of the cost of a sequence, with `decay`; c0 the mean of the first `warm`
    updates, during which r is 0; l is `learned`, the share of c0 at which the gate begins to open.
    """

    first: Tensor
    running: Tensor
    updates: Tensor

    def __init__(self, *, learned: float = 0.15, decay: float = 0.98, warm: int = 20) -> None:
        super().__init__()
        require_number("learned", learned, above=0)
        require_number("decay", decay, least=0, below=1)
        require_whole("warm", warm, least=1)
        self.learned, self.decay, self.warm = learned, decay, warm
        self.register_buffer("first", torch.zeros(()))
        self.register_buffer("running", torch.zeros(()))
        self.register_buffer("updates", torch.zeros((), dtype=torch.long))

    @property
    def opening(self) -> Tensor:
        """r, a scalar on the module's device."""
        return self.opening_below(self.learned)

    def opening_below(self, learned: float) -> Tensor:
        """What r would be with another `learned`, from the same costs."""
        opening = (1 - self.running / (learned * self.first)).clamp_min(0)
        return torch.where(self.updates >= self.warm, opening, torch.zeros_like(opening))

    def see(self, cost_TB: Tensor) -> None:
        """Takes in the cost of a minibatch, in nats."""
        if not cost_TB.numel():
            return
        cost = cost_TB.detach().sum(0).mean().to(self.first)
        self.updates += 1
        in_warm_up = self.updates <= self.warm
        # the mean of all so far, then a running one
        mean = self.first + (cost - self.first) / self.updates
        self.first.copy_(torch.where(in_warm_up, mean, self.first))
        ahead = self.running.lerp(cost, 1 - self.decay)
        self.running.copy_(torch.where(in_warm_up, self.first, ahead))


class Share(nn.Module):
    """How much is done with one slot: from 0 to `most`, growing once the task is learned.

    It rises by `growth` times max(0, 1 - c / (m c0)) in each update, m being `mastered` and c, c0
    the gate's. It falls by `growth` in each update with the gate closed: a network that loses what
    it learned gets back the freedom in which it learned it. In between it stays.
    """

    value: Tensor

    def __init__(self, *, growth: float = 7e-4, most: float = 1.0, mastered: float = 0.03) -> None:
        super().__init__()
        require_number("growth", growth, above=0)
        require_number("most", most, above=0, most=1)
        require_number("mastered", mastered, above=0)
        self.growth, self.most, self.mastered = growth, most, mastered
        self.register_buffer("value", torch.zeros(()))

    def move(self, gate: Gate) -> None:
        """Moves on by one update."""
        rise, lost = gate.opening_below(self.mastered), gate.opening == 0
        step = torch.where(lost & (rise == 0), -torch.ones_like(rise), rise)
        self.value.copy_((self.value + self.growth * step).clamp(0, self.most))
