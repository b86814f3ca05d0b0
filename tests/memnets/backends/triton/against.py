"""Networks and states for rollouts by the Triton kernels; conftest.py has their device."""

from typing import Any

import torch
from torch import Tensor

from memnets.backends.triton.backend import Triton
from memnets.network import MemoryNetwork
from memnets.types import NetworkState, Rollout

from ...building import built
from ..rollouts import cast

kernels = Triton()

INPUTS, OUTPUTS, UNITS = 4, 3, 6


def build(cell: str, controller: str = "lstm", **options: Any) -> MemoryNetwork:
    """A small network in float64, its parameters far from those at the start of training."""
    network = built(
        cell,
        controller=controller,
        inputs=INPUTS,
        outputs=OUTPUTS,
        controller_size=UNITS,
        cell_options=options,
    ).double()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter += 0.3 * torch.randn_like(parameter)
    return network


def middle_of_a_sequence(network: MemoryNetwork, batch: int) -> NetworkState:
    """A state in which nothing is zero, every part of which wants a gradient."""
    with torch.no_grad():
        state = network(torch.randn(3, batch, INPUTS, dtype=torch.float64)).state
    return cast(state, asks=True)


def reference(network: MemoryNetwork, inputs_TBX: Tensor, state: NetworkState) -> Rollout:
    return network.unroll(inputs_TBX, state)
