"""Whole rollouts in kernels beside the reference in float64: everything given, every gradient."""

import copy
import math
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.utils import _pytree as pytree

from memnets.backends.numba.backend import Numba
from memnets.network import MemoryNetwork
from memnets.spec import ModelSpec
from memnets.types import NetworkState, Rollout

from .against import GRADIENTS, VALUES

kernels = Numba()

INPUTS, OUTPUTS, UNITS = 4, 3, 11
CELLS = {
    "ntm": {"slots": 13, "width": 5},
    "dnc": {"slots": 13, "width": 5, "read_heads": 3},
    "dntm": {"slots": 13, "width": 5, "address_width": 3},
}
"""Each cell and its sizes, none of which is a whole number of vector registers."""
WAYS = ("soft", "reinforce", "straight_through")
"""One estimator for each way of reading, writing and coming back: all slots, one, one for all."""
ESTIMATORS = (*WAYS, "reinmax", "gumbel")
WEIGHTINGS = ("weights", "precedence", "writes", "reads")
Unroll = Callable[[Tensor, Any], Rollout]
Results = tuple[dict[str, Tensor], dict[str, Tensor]]


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
    spec = ModelSpec(
        cell,
        estimator,
        controller,
        UNITS,
        cell_options=CELLS[cell] | options,
        estimator_options=dict(estimator_options or {}),
    )
    network = spec.build(INPUTS, OUTPUTS, backend="reference")
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(scale)
    return network


def fused(network: MemoryNetwork) -> Unroll:
    return lambda inputs_TBX, state=None: kernels(network, inputs_TBX, state)


def moved(state: NetworkState) -> NetworkState:
    """A state that is nobody's first one, in generic position, and takes gradients.

    Weightings stay such, usages stay in [0, 1] and links sum to less than one.
    """

    def move(path: Any, x: Tensor) -> Tensor:
        name = pytree.keystr(path)
        if any(weighting in name for weighting in WEIGHTINGS):
            other = 0.5 * x.detach() + 0.5 * torch.randn_like(x).softmax(-1)
        elif "usage" in name:
            other = torch.rand_like(x)
        elif "link" in name:
            # with a diagonal, which no cell writes and which must not count
            other = torch.rand_like(x) / max(x.shape[-1], 1)
        else:
            other = x.detach() + 0.3 * torch.randn_like(x)
        return other.requires_grad_()

    return pytree.tree_map_with_path(move, state)


def total(network: MemoryNetwork, rollout: Rollout) -> Tensor:
    """A loss that everything in a rollout has a part in, the estimator's surrogate among it."""
    cost_TB = rollout.logits_TBY.square().sum(-1)
    loss = cost_TB.sum(0).mean()
    loss = loss + network.estimator.loss(rollout.address, cost_TB, rollout.hidden_TBC)
    for place, (name, x) in enumerate(outputs_of(rollout).items()):
        if x.requires_grad and "logits" not in name:
            mixed = torch.linspace(-9, 9, x.numel(), dtype=x.dtype).cos().view_as(x)
            loss = loss + (x * mixed).sum() / (2 + place)
    return loss


def outputs_of(rollout: Rollout) -> dict[str, Tensor]:
    given = {pytree.keystr(path): x for path, x in pytree.tree_leaves_with_path(rollout)}
    return {name: x for name, x in given.items() if x is not None}


def results(
    network: MemoryNetwork, unroll: Unroll, inputs_TBX: Tensor, state: NetworkState | None
) -> Results:
    """All that a rollout gives, and the gradients of all that it takes."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        rollout = unroll(inputs_TBX, state)
    taken = dict(network.named_parameters()) | {"inputs": inputs_TBX}
    leaves = pytree.tree_leaves(state) if state is not None else []
    taken |= {f"first {place}": x for place, x in enumerate(leaves)}
    wanted = {name: x for name, x in taken.items() if x.requires_grad}
    return outputs_of(rollout), pulled(total(network, rollout), wanted)


def on_the_reference(network: MemoryNetwork, *given: Any) -> Results:
    """The results of a copy of the network, in float64 where that is what is given."""
    inputs_TBX, *_ = given
    twin = copy.deepcopy(network).to(inputs_TBX.dtype)
    twin.backend = "reference"
    return results(twin, twin, *given)


def pulled(loss: Tensor, taken: dict[str, Tensor]) -> dict[str, Tensor]:
    """The gradients of what was taken, by name, zero where there is none; the graph is kept."""
    grads = torch.autograd.grad(
        loss,
        list(taken.values()),
        retain_graph=True,
        allow_unused=True,
        materialize_grads=True,
    )
    return dict(zip(taken, grads, strict=True))


def doubled(tree: Any) -> Any:
    return pytree.tree_map(
        lambda x: x if x is None else x.detach().double().requires_grad_(x.requires_grad), tree
    )


def distances(found: dict[str, Tensor], wanted: dict[str, Tensor]) -> dict[str, float]:
    """Relative to the largest number of each tensor; without limit where slots are others."""
    assert found.keys() == wanted.keys()
    far = {}
    for name, expected in wanted.items():
        actual, expected = found[name].detach(), expected.detach()
        assert actual.shape == expected.shape, name
        if not expected.is_floating_point():
            far[name] = 0.0 if torch.equal(actual, expected) else math.inf
        elif expected.numel():
            scale = expected.abs().max().clamp_min(1e-6)
            far[name] = ((actual.double() - expected).abs().max() / scale).item()
    return far


def alike(found: dict[str, Tensor], wanted: dict[str, Tensor], tolerance: float) -> None:
    assert not {name: x for name, x in distances(found, wanted).items() if not x < tolerance}


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
    given = drawn(network, steps, batch, first)
    expected = on_the_reference(network, *doubled(given))
    torch.set_num_threads(threads)
    actual = results(network, fused(network), *given)
    for found, wanted, tolerance in zip(actual, expected, (VALUES, GRADIENTS), strict=True):
        alike(found, wanted, tolerance)
