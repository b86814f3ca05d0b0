"""Rollouts by a backend beside the reference in float64: all outputs and all gradients."""

import copy
import math
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.utils import _pytree as pytree

from memnets.network import MemoryNetwork
from memnets.types import NetworkState, Rollout

BOUNDS = {torch.float64: (1e-10, 1e-9), torch.float32: (1e-5, 1e-4)}
"""How far outputs and gradients may be from float64, relative to the largest number of each."""
VALUES, GRADIENTS = BOUNDS[torch.float32]
Unroll = Callable[[Tensor, Any], Rollout]
Named = dict[str, Tensor]


def outputs_of(rollout: Rollout) -> Named:
    given = {pytree.keystr(path): x for path, x in pytree.tree_leaves_with_path(rollout)}
    return {name: x for name, x in given.items() if x is not None}


def outputs_whatever_the_order_of_slots(rollout: Rollout) -> Named:
    """What stays the same where rounding chooses among slots of equal content."""
    seen = (".logits_TBY", ".hidden_TBC", ".state.read_BO")
    return {name: x for name, x in outputs_of(rollout).items() if name in seen}


def total(
    network: MemoryNetwork, rollout: Rollout, seen: Callable[[Rollout], Named] = outputs_of
) -> Tensor:
    """A loss that everything seen has a part in, the estimator's surrogate among it."""
    cost_TB = rollout.logits_TBY.square().sum(-1)
    loss = cost_TB.sum(0).mean()
    loss = loss + network.estimator.loss(rollout.address, cost_TB, rollout.hidden_TBC)
    for place, (name, x) in enumerate(seen(rollout).items()):
        if x.requires_grad and "logits" not in name:
            mixed = torch.linspace(-9, 9, x.numel(), dtype=x.dtype, device=x.device).cos()
            loss = loss + (x * mixed.view_as(x)).sum() / (2 + place)
    return loss


def results(
    network: MemoryNetwork,
    unroll: Unroll,
    inputs_TBX: Tensor,
    state: NetworkState | None,
    seen: Callable[[Rollout], Named] = outputs_of,
) -> tuple[Named, Named]:
    """What is seen of a rollout, and the gradients of all that it takes."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        rollout = unroll(inputs_TBX, state)
    taken = dict(network.named_parameters()) | {"inputs": inputs_TBX}
    leaves = pytree.tree_leaves(state) if state is not None else []
    taken |= {f"first {place}": x for place, x in enumerate(leaves)}
    wanted = {name: x for name, x in taken.items() if x is not None and x.requires_grad}
    return seen(rollout), pulled(total(network, rollout, seen), wanted)


def on_the_reference(
    network: MemoryNetwork, *given: Any, seen: Callable[[Rollout], Named] = outputs_of
) -> tuple[Named, Named]:
    """The results of a copy of the network, in float64 where that is what is given."""
    inputs_TBX, *_ = given
    twin = copy.deepcopy(network).to(inputs_TBX.dtype)
    twin.backend = "reference"
    return results(twin, twin, *given, seen=seen)


def pulled(loss: Tensor, taken: Named) -> Named:
    """The gradients of what was taken, by name, zero where there is none; the graph is kept."""
    grads = torch.autograd.grad(
        loss,
        list(taken.values()),
        retain_graph=True,
        allow_unused=True,
        materialize_grads=True,
    )
    return dict(zip(taken, grads, strict=True))


def cast(
    tree: Any,
    dtype: torch.dtype = torch.float64,
    device: torch.device | str = "cpu",
    *,
    asks: bool = False,
) -> Any:
    """Copies of tensors, of another type; they ask for gradients as before, or all of them do.

    Slots stay whole numbers.
    """

    def copied(x: Tensor | None) -> Tensor | None:
        if x is None or not x.is_floating_point():
            return x if x is None else x.detach().to(device)
        return x.detach().to(device, dtype).requires_grad_(asks or x.requires_grad)

    return pytree.tree_map(copied, tree)


def distances(found: Named, wanted: Named) -> dict[str, float]:
    """Relative to the largest number of each tensor; without limit where slots are others."""
    assert found.keys() == wanted.keys()
    far = {}
    for name, expected in wanted.items():
        actual, expected = found[name].detach().cpu(), expected.detach().cpu()
        assert actual.shape == expected.shape, name
        if not expected.is_floating_point():
            far[name] = 0.0 if torch.equal(actual, expected) else math.inf
        elif expected.numel():
            scale = expected.abs().max().clamp_min(1e-6)
            far[name] = ((actual.double() - expected).abs().max() / scale).item()
    return far


def alike(found: Named, wanted: Named, tolerance: float) -> None:
    far = {name: x for name, x in distances(found, wanted).items() if not x < tolerance}
    assert not far, f"further than {tolerance:g}: {far}"


def agree(
    network: MemoryNetwork,
    unroll: Callable[[MemoryNetwork, Tensor, Any], Rollout],
    given: tuple[Tensor, NetworkState | None],
    dtype: torch.dtype = torch.float32,
    device: torch.device | str = "cpu",
    seen: Callable[[Rollout], Named] = outputs_of,
) -> None:
    """A backend that computes in `dtype` gives what the reference gives in float64."""
    expected = on_the_reference(network, *cast(given), seen=seen)
    twin = copy.deepcopy(network).to(device, dtype)
    actual = results(twin, partial(unroll, twin), *cast(given, dtype, device), seen=seen)
    for found, wanted, bound in zip(actual, expected, BOUNDS[dtype], strict=True):
        alike(found, wanted, bound)


def run(network: MemoryNetwork, inputs_TBX: Tensor, backend: str) -> tuple[Rollout, Named, Tensor]:
    """A rollout on a backend, the gradients of its loss, and a number drawn afterwards."""
    network.backend = backend
    network.zero_grad()
    torch.manual_seed(1)
    rollout = network(inputs_TBX)
    cost_TB = rollout.logits_TBY.square().mean(-1)
    surrogate = network.estimator.surrogate(
        rollout.address, cost_TB, rollout.hidden_TBC, inputs_TBX
    )
    (cost_TB.sum(0).mean() + surrogate).backward()
    drawn = torch.rand(())
    gradients = {name: p.grad for name, p in network.named_parameters() if p.grad is not None}
    return rollout, gradients, drawn
