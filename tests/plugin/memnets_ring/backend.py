"""A backend from another package: a sequence in two halves, one after the other."""

import torch
from torch import Tensor

from memnets.backends import Backend
from memnets.network import MemoryNetwork
from memnets.types import Address, NetworkState, Rollout


class Halves(Backend):
    """The reference on the first half of a sequence, then on the second."""

    rank = 3

    def refuses(
        self,
        network: MemoryNetwork,
        inputs_TBX: Tensor | None = None,
        state: NetworkState | None = None,
    ) -> str | None:
        if inputs_TBX is not None and len(inputs_TBX) < 2:
            return "a sequence of one step has no halves"
        return None

    def unroll(self, network: MemoryNetwork, inputs_TBX: Tensor, state: NetworkState) -> Rollout:
        middle = len(inputs_TBX) // 2
        first = network.unroll(inputs_TBX[:middle], state)
        second = network.unroll(inputs_TBX[middle:], first.state)
        fields = zip(first.address, second.address, strict=True)
        return Rollout(
            torch.cat([first.logits_TBY, second.logits_TBY]),
            Address(*(_joined(*both) for both in fields)),
            second.state,
            torch.cat([first.hidden_TBC, second.hidden_TBC]),
        )


def _joined(one: Tensor | None, other: Tensor | None) -> Tensor | None:
    return None if one is None or other is None else torch.cat([one, other])
