"""The values that travel between the parts of a network, and the legend of shapes.

Shape suffixes, everywhere in memnets, envs and studies (`weights_BHN` is batch × heads × slots):

    T  time steps
    B  batch rows
    X  inputs of a network
    Y  outputs of a network (logits)
    C  controller outputs
    H  heads, write heads first, then read heads
    P  write heads
    R  read heads
    O  what the read heads read, side by side
    N  slots of memory, the no-op of a D-NTM counted as the last one
    W  width of a slot
    A  width of a slot's learned address
    K  slots that an address touches
    D  distances by which a head can shift
    M  modes of a read head (DNC)
    F  features of a learned score
    U  numbers that a choice uses up, random or from a script
    L  layers of a controller
    S  some of the steps: those of a running average, or those that are asked for
    E  rows that a sequence has written, in order
    Z  numbers of any other vector, which may be several vectors side by side

In memnets.backends alone:

    I  outputs of an interface
    G  inputs of a controller's gates
    Q  values of a controller's gates
    V  address and content of a slot, side by side
    J  columns of a matrix product
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor


class Address(NamedTuple):
    """Where the heads pointed in one step (or, stacked over time, in a whole rollout).

    `weights_BHK` sums to at most one per head; what is missing is the no-op. Dense addresses have
    K = N and no slots; sparse ones name the K slots that they touch; an all-zero row is a no-op.
    `log_prob_BH` belongs to the choice that was made and is zero where nothing was chosen;
    `entropy_BH` is that of the weighting behind it, in nats.
    """

    weights_BHK: Tensor
    slots_BHK: Tensor | None
    log_prob_BH: Tensor
    entropy_BH: Tensor

    def dense(self, slots: int) -> Tensor:
        """The weights over all slots, (..., H, N); slots named twice add up."""
        if self.slots_BHK is None:
            return self.weights_BHK
        shape = (*self.weights_BHK.shape[:-1], slots)
        return self.weights_BHK.new_zeros(shape).scatter_add(-1, self.slots_BHK, self.weights_BHK)

    def heads(self, which: slice) -> Address:
        """The address of some of the heads, of one step or of a whole rollout."""
        return Address(
            self.weights_BHK[..., which, :],
            None if self.slots_BHK is None else self.slots_BHK[..., which, :],
            self.log_prob_BH[..., which],
            self.entropy_BH[..., which],
        )

    def unchosen(self) -> Address:
        """The same slots and weights, but no choice of this step: log-probability, entropy zero."""
        zero_BH = torch.zeros_like(self.log_prob_BH)
        return self._replace(log_prob_BH=zero_BH, entropy_BH=zero_BH)

    @classmethod
    def of(
        cls,
        weights_BHK: Tensor,
        slots_BHK: Tensor | None = None,
        *,
        entropy_BH: Tensor | None = None,
    ) -> Address:
        """An address in which nothing was chosen: its log-probability is zero.

        So is its entropy, unless that of the weighting behind it is given.
        """
        zero_BH = weights_BHK.new_zeros(weights_BHK.shape[:-1])
        return cls(weights_BHK, slots_BHK, zero_BH, zero_BH if entropy_BH is None else entropy_BH)


def join_heads(*addresses: Address) -> Address:
    """One address of all the heads, in their order.

    Sparse addresses are filled up with slots of zero weight to the widest of them; beside a dense
    address all become dense.
    """
    weights, slots, log_probs, entropies = zip(*_alike(addresses), strict=True)
    return Address(
        torch.cat(weights, -2),
        None if slots[0] is None else torch.cat(slots, -2),
        torch.cat(log_probs, -1),
        torch.cat(entropies, -1),
    )


def stack_steps(addresses: list[Address]) -> Address:
    """The addresses of successive steps, stacked along a new first axis of time."""
    weights, slots, log_probs, entropies = zip(*addresses, strict=True)
    return Address(
        torch.stack(weights),
        None if slots[0] is None else torch.stack(slots),
        torch.stack(log_probs),
        torch.stack(entropies),
    )


def join_steps(*addresses: Address) -> Address:
    """One address of successive stretches of a sequence, each stacked over time, in their order."""
    weights, slots, log_probs, entropies = zip(*_alike(addresses), strict=True)
    return Address(
        torch.cat(weights),
        None if slots[0] is None else torch.cat(slots),
        torch.cat(log_probs),
        torch.cat(entropies),
    )


class NetworkState(NamedTuple):
    """All that a network carries from one step to the next."""

    controller: Any
    cell: Any
    read_BO: Tensor


class Rollout(NamedTuple):
    """What unrolling a network over a sequence gives.

    Where some steps were asked for, `logits_TBY` has these alone, (S, B, Y).
    """

    logits_TBY: Tensor
    address: Address
    state: NetworkState
    hidden_TBC: Tensor


def at_steps(x_TBZ: Tensor, steps_SB: Tensor) -> Tensor:
    """What belongs to some steps of each sequence, (S, B, Z)."""
    return x_TBZ.gather(0, steps_SB.unsqueeze(-1).expand(-1, -1, x_TBZ.shape[-1]))


def join_rollouts(rollouts: Sequence[Rollout]) -> Rollout:
    """One rollout of successive stretches of a sequence; its state is that after the last."""
    return Rollout(
        torch.cat([rollout.logits_TBY for rollout in rollouts]),
        join_steps(*(rollout.address for rollout in rollouts)),
        rollouts[-1].state,
        torch.cat([rollout.hidden_TBC for rollout in rollouts]),
    )


def _alike(addresses: tuple[Address, ...]) -> list[Address]:
    dense = [a.weights_BHK.shape[-1] for a in addresses if a.slots_BHK is None]
    if dense:
        return [a._replace(weights_BHK=a.dense(dense[0]), slots_BHK=None) for a in addresses]
    widest = max(a.weights_BHK.shape[-1] for a in addresses)
    return [_filled(a, widest - a.weights_BHK.shape[-1]) for a in addresses]


def _filled(address: Address, missing: int) -> Address:
    if address.slots_BHK is None or not missing:
        return address
    return address._replace(
        weights_BHK=torch.nn.functional.pad(address.weights_BHK, (0, missing)),
        slots_BHK=torch.nn.functional.pad(address.slots_BHK, (0, missing)),
    )
