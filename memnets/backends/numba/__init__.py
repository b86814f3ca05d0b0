"""The fast path on the CPU: whole rollouts in compiled kernels, float32.

`covers` says whether a network has kernels, `unroll` runs them. Each equation has a kernel and a
kernel for its gradient (content, location, contents, choice, usage, links, recency, controllers),
public and tested against the pure functions that are the reference; ntm, dnc and dntm put them
together over a sequence, and rollouts/ is their torch side.
"""

from __future__ import annotations

from torch import Tensor

from ...network import MemoryNetwork
from ...types import NetworkState, Rollout
from ..guards import admitted


def covers(network: MemoryNetwork) -> str | None:
    """Why the kernels do not cover a network, in a sentence; None where they do."""
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
    from ...cells.none import NoMemory
    from .coverage import kind_of, run_of
    from .rollouts.memoryless import unroll as unroll_memoryless

    if type(network.cell) is NoMemory:
        return unroll_memoryless(network, inputs_TBX, state)
    from .rollouts.unroll import unroll

    kind = kind_of(network.estimator)
    assert kind is not None
    return unroll(network, run_of(network.cell), kind, inputs_TBX, state)
