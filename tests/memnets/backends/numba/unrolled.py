"""Networks and states for whole rollouts in the CPU kernels, and their check."""

from collections.abc import Mapping
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils import _pytree as pytree

from memnets.backends.numba.backend import Numba
from memnets.network import MemoryNetwork
from memnets.types import NetworkState, Rollout

from ...building import built
from ..rollouts import Unroll, agree

kernels = Numba()

INPUTS, OUTPUTS, UNITS = 4, 3, 11
CELLS = {
    "ntm": {"slots": 13, "width": 5},
    "dnc": {"slots": 13, "width": 5, "read_heads": 3},
    "dntm": {"slots": 13, "width": 5, "address_width": 3},
    # a penalty of 100 lets a soft sequence over few slots blow up any rounding
    "tardis": {"slots": 13, "width": 5, "key_width": 3, "score_width": 7, "penalty": 3.0},
    "rlntm": {"slots": 13, "width": 5, "window": 3, "write_window": 3, "erase": True},
    "sam": {"slots": 13, "width": 5, "heads": 2},
}
"""Each cell and its sizes, none of which is a whole number of vector registers."""
every_cell = pytest.mark.parametrize("cell", CELLS)
SEVERAL_HEADS = {cell: {"write_heads": 2, "read_heads": 3} for cell in ("ntm", "dnc", "dntm")}
SEVERAL_HEADS["rlntm"] = {"heads": 2, "tied": False}
SEVERAL_HEADS["sam"] = {"heads": 3}
"""Options for several heads, for the cells that may have them."""
WAYS = ("soft", "reinforce", "straight_through")
"""One estimator for each way of reading, writing and coming back: all slots, one, one for all."""
ESTIMATORS = (*WAYS, "reinmax", "gumbel", "top_k")
WEIGHTINGS = ("weights", "precedence", "writes", "reads", "read_BN")


def build(
    cell: str,
    estimator: str = "soft",
    controller: str = "lstm",
    *,
    scale: float = 2.0,
    estimator_options: Mapping[str, Any] | None = None,
    **options: Any,
) -> MemoryNetwork:
    """A small network, its parameters further from uniform weightings than at the start."""
    network = built(
        cell,
        estimator,
        controller,
        inputs=INPUTS,
        outputs=OUTPUTS,
        backend="reference",
        controller_size=UNITS,
        cell_options=CELLS[cell] | options,
        estimator_options=dict(estimator_options or {}),
    )
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(scale)
    return network


def fused(network: MemoryNetwork) -> Unroll:
    return lambda inputs_TBX, state=None: kernels(network, inputs_TBX, state)


def moved(state: NetworkState) -> NetworkState:
    """A state that is nobody's first one, in generic position, and takes gradients.

    Weightings stay such, usages stay in [0, 1], links sum to less than one, slots stay.
    """

    def move(path: Any, x: Tensor | None) -> Tensor | None:
        name = pytree.keystr(path)
        if x is None or not x.is_floating_point():
            return x
        if any(weighting in name for weighting in WEIGHTINGS):
            other = 0.5 * x.detach() + 0.5 * torch.randn_like(x).softmax(-1)
        elif "usage" in name:
            other = torch.rand_like(x)
        elif "filled" in name:
            # some slots are still empty, or none
            other = torch.randint_like(x, 14)
        elif "link" in name:
            # with a diagonal, which no cell writes and which must not count
            other = torch.rand_like(x) / max(x.shape[-1], 1)
        else:
            other = x.detach() + 0.3 * torch.randn_like(x)
        return other.requires_grad_()

    return pytree.tree_map_with_path(move, state)


def numbers_of(state: NetworkState) -> list[Tensor]:
    """The parts of a state that can have gradients: not slots."""
    leaves = pytree.tree_leaves(state)
    return [x for x in leaves if x is not None and x.is_floating_point()]


def drawn(
    network: MemoryNetwork, steps: int, batch: int, first: bool
) -> tuple[Tensor, NetworkState | None]:
    """Inputs, and a state in between, or none for the network's first."""
    inputs_TBX = torch.randn(steps, batch, INPUTS, requires_grad=True)
    return inputs_TBX, None if first else moved(network.initial_state(batch))


def same(
    network: MemoryNetwork,
    steps: int,
    batch: int,
    threads: int = 1,
    *,
    first: bool = False,
) -> None:
    """The kernels agree with the reference from a state in between, or from the network's first."""
    assert kernels.refuses(network) is None

    def threaded(*given: Any) -> Rollout:
        torch.set_num_threads(threads)
        return kernels(*given)

    agree(network, threaded, drawn(network, steps, batch, first))
