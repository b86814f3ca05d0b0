"""The fast paths of a GPU: persistent Triton kernels for whole rollouts, and CUDA graphs.

`covers` says whether the Triton kernels run a network, `unroll` runs them; `graphs` replays whole
training steps of any network from a CUDA graph. Nothing here needs Triton or a GPU to be imported.
"""

from __future__ import annotations

from torch import Tensor

from ...network import MemoryNetwork
from ...types import NetworkState, Rollout
from ..guards import admitted


def covers(network: MemoryNetwork) -> str | None:
    """Why the Triton kernels do not cover a network, in a sentence; None where they do.

    They run on a GPU, and where TRITON_INTERPRET=1 was set before Triton was first imported, on
    the CPU too: slowly, for tests.
    """
    from .coverage import reason

    return reason(network)


def unroll(
    network: MemoryNetwork, inputs_TBX: Tensor, state: NetworkState | None = None
) -> Rollout:
    """The network over a sequence, as `MemoryNetwork.forward` does it; it must be covered.

    Raises ValueError, saying why, where the network or this call is not.
    """
    return run(network, inputs_TBX, admitted(network, inputs_TBX, state, covers))


def run(network: MemoryNetwork, inputs_TBX: Tensor, state: NetworkState) -> Rollout:
    """`unroll` for callers who know that it would not raise."""
    from .rollout import unroll

    return unroll(network, inputs_TBX, state)
