"""Whole rollouts in kernels beside the reference in float64: everything given, every gradient."""

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils import _pytree as pytree

from memnets import kernels
from memnets.network import MemoryNetwork
from memnets.spec import ModelSpec
from memnets.types import NetworkState, Rollout

from .against import GRADIENTS, VALUES

INPUTS, OUTPUTS, UNITS = 4, 3, 11
Unroll = Callable[[Tensor, Any], Rollout]


def build(
    cell: str, estimator: str = "soft", controller: str = "lstm", scale: float = 2.0, **options: Any
) -> MemoryNetwork:
    """A small network, its parameters further from uniform weightings than at the start."""
    mine = {name: options.pop(name) for name in list(options) if name == "estimator_options"}
    spec = ModelSpec(cell, estimator, controller, UNITS, cell_options=options, **mine)
    network = spec.build(INPUTS, OUTPUTS, backend="reference")
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(scale)
    return network


def fused(network: MemoryNetwork) -> Unroll:
    return lambda inputs_TBX, state=None: kernels.unroll(network, inputs_TBX, state)


def moved(state: NetworkState) -> NetworkState:
    """A state that is nobody's first one and takes gradients; weightings stay such."""

    def move(path: Any, x: Tensor) -> Tensor:
        if "weights" in pytree.keystr(path):
            other = 0.5 * x.detach() + 0.5 * torch.randn_like(x).softmax(-1)
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
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """All that a rollout gives, and the gradients of all that it takes."""
    torch.manual_seed(1)
    rollout = unroll(inputs_TBX, state)
    taken = dict(network.named_parameters()) | {"inputs": inputs_TBX}
    leaves = pytree.tree_leaves(state) if state is not None else []
    taken |= {f"first {place}": x for place, x in enumerate(leaves)}
    wanted = {name: x for name, x in taken.items() if x.requires_grad}
    grads = torch.autograd.grad(
        total(network, rollout), list(wanted.values()), allow_unused=True, materialize_grads=True
    )
    return outputs_of(rollout), dict(zip(wanted, grads, strict=True))


def doubled(tree: Any) -> Any:
    if tree is None:
        return None
    return pytree.tree_map(lambda x: x.detach().double().requires_grad_(x.requires_grad), tree)


def distances(found: dict[str, Tensor], wanted: dict[str, Tensor]) -> dict[str, float]:
    """Relative to the largest number of each tensor; slots must be the same."""
    assert found.keys() == wanted.keys()
    far = {}
    for name, expected in wanted.items():
        actual, expected = found[name].detach(), expected.detach()
        assert actual.shape == expected.shape, name
        if not expected.is_floating_point():
            assert torch.equal(actual, expected), name
        elif expected.numel():
            scale = expected.abs().max().clamp_min(1e-6)
            far[name] = ((actual.double() - expected).abs().max() / scale).item()
    return far


def alike(found: dict[str, Tensor], wanted: dict[str, Tensor], tolerance: float) -> None:
    far = {name: x for name, x in distances(found, wanted).items() if not x < tolerance}
    assert not far


def same(
    network: MemoryNetwork,
    steps: int,
    batch: int,
    threads: int = 1,
    *,
    first: bool = False,
    slack: float = 0.0,
) -> None:
    """The kernels agree with the reference from a state in between, or from the network's first.

    With `slack`, they may be that many times as far away as the reference in float32 is, if that
    is more than the tolerances: a sequence can blow up any rounding.
    """
    assert kernels.covers(network) is None
    inputs_TBX = torch.randn(steps, batch, INPUTS, requires_grad=True)
    state = None if first else moved(network.initial_state(batch))
    exact, single = copy.deepcopy(network).double(), copy.deepcopy(network)
    exact.backend = single.backend = "reference"
    expected = results(exact, exact, doubled(inputs_TBX), doubled(state))
    tolerances = [VALUES, GRADIENTS]
    if slack:
        rounded = results(single, single, inputs_TBX, state)
        for place in range(2):
            far = max(distances(rounded[place], expected[place]).values())
            tolerances[place] = max(tolerances[place], slack * far)
    torch.set_num_threads(threads)
    actual = results(network, fused(network), inputs_TBX, state)
    for found, wanted, tolerance in zip(actual, expected, tolerances, strict=True):
        alike(found, wanted, tolerance)
