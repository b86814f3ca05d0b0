"""The backend `compiled`: one step of any network through torch.compile, in a loop over time.

What is compiled is controller, cell and estimator of one step; the loop over time and the readout
stay in Python. That takes about 20 s once per batch size, whatever the length, and gives most of
what compiling a whole unrolled sequence would (ten times that, for every length). The step must be
one graph: cut into several it is no faster than the reference.
"""

from __future__ import annotations

import contextlib
import logging
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor
from torch.utils import _pytree as pytree

from ..types import Address, NetworkState, Rollout
from .base import Refused, backends
from .derivatives import first_derivative
from .guards import FastBackend
from .restoring import unchanged

if TYPE_CHECKING:
    from ..network import MemoryNetwork

log = logging.getLogger("memnets")

MOST_STEPS = 256
"""So many compiled steps (models × batch sizes × modes) are kept in a process."""


@dataclass
class _Known:
    """What is known of a network: which values of its state carry gradients, by form of call."""

    carried: dict[tuple[Any, ...], tuple[bool, ...]] = field(default_factory=dict)
    broken: str | None = None


_known: WeakKeyDictionary[MemoryNetwork, _Known] = WeakKeyDictionary()


@backends.register("compiled")
class Compiled(FastBackend):
    """One step through torch.compile, in a loop over time: any cell whose step is one graph."""

    rank = 1
    only_by_name = (
        "backend='compiled' may be faster, but is never chosen unasked: it takes a C++ compiler "
        "and about 20 s per batch size"
    )

    def lacks(self, network: MemoryNetwork) -> str | None:
        return _known.setdefault(network, _Known()).broken

    def unroll(self, network: MemoryNetwork, inputs_TBX: Tensor, state: NetworkState) -> Rollout:
        """The network's own loop around the compiled step; Refused where it cannot be compiled.

        Estimators draw the numbers that they draw on the reference. The first call for a batch size
        compiles, says so on the log, and leaves buffers and random numbers as they were; an error
        of the network itself is raised as the reference raises it.
        """
        known = _known.setdefault(network, _Known())
        with _estimator_in_force(network), _settings():
            form = _form(network, inputs_TBX)
            if form not in known.carried:
                with unchanged(network, inputs_TBX.device):
                    x_BX, apart = pytree.tree_map_only(Tensor, _apart, (inputs_TBX[0], state))
                    carried = _carried(network, x_BX, apart)
                    try:
                        _compile(network, x_BX, _entry(apart, carried))
                    # capturing or building a graph can fail in any way that compilers can
                    except Exception as error:
                        known.broken = f"its step cannot be compiled ({_said(error)})"
                        raise Refused(known.broken) from error
                known.carried[form] = carried
            first = _entry(state, known.carried[form])
            rollout = network.unroll(inputs_TBX, first, _drive(network))
        for leaf in pytree.tree_leaves(rollout):
            if isinstance(leaf, Tensor) and leaf.requires_grad:
                leaf.register_hook(_once)
        return rollout


def _step(
    network: MemoryNetwork, x_BX: Tensor, state: NetworkState
) -> tuple[Tensor, NetworkState, Address]:
    h_BC, after, address = network.drive(x_BX, state)
    # in one layout, so that every step is like the first and compiled only once
    return h_BC, pytree.tree_map_only(Tensor, Tensor.contiguous, after), address


@cache
def _compiled_step() -> Any:
    # inductor's own random numbers would not be those of the reference
    options: dict[str, Any] = {"fallback_random": True}
    return torch.compile(_step, dynamic=False, fullgraph=True, options=options)


def _drive(network: MemoryNetwork) -> Any:
    step = _compiled_step()
    return lambda x_BX, state: step(network, x_BX, state)


def _compile(network: MemoryNetwork, x_BX: Tensor, state: NetworkState) -> None:
    """Run two steps forward and backward, which has both compiled.

    The second is for a state that the first leaves in another layout than it was given.
    """
    parts = "/".join(
        type(part).__name__ for part in (network.cell, network.estimator, network.controller)
    )
    mode = "training" if network.training else "evaluation"
    text = "compiling the step of %s for %s on batches of %d: about 20 s, once per batch size"
    log.warning(text, parts, mode, len(x_BX))
    started = time.perf_counter()
    with warnings.catch_warnings():
        # torch's warnings about its own parts while it compiles are nothing that a caller can mend
        warnings.simplefilter("ignore")
        drive = _drive(network)
        _, after, _ = drive(x_BX, state)
        results = pytree.tree_leaves(drive(x_BX, after))
        learning = [value for value in results if isinstance(value, Tensor) and value.requires_grad]
        if learning:
            given = [*network.parameters(), x_BX, *pytree.tree_leaves(state)]
            asked = [v for v in given if isinstance(v, Tensor) and v.requires_grad]
            total = torch.stack([value.sum() for value in learning]).sum()
            torch.autograd.grad(total, asked, allow_unused=True)
    log.warning("compiled in %.0f s", time.perf_counter() - started)


def _once(*grads: Any) -> None:
    """Raises RuntimeError in a backward pass that is to be gone through again, or differentiated.

    The compiled backward pass overwrites what the forward pass saved.
    """
    first_derivative(*grads)
    if torch._C._autograd._get_current_graph_task_keep_graph():
        raise RuntimeError(
            "a compiled step goes backward once, without retain_graph=True: to go twice set "
            'backend="reference"'
        )


def _carried(network: MemoryNetwork, x_BX: Tensor, state: NetworkState) -> tuple[bool, ...]:
    """Which values of the state carry gradients after a step, found on the reference."""
    _, after, _ = network.drive(x_BX, state)
    return tuple(isinstance(v, Tensor) and v.requires_grad for v in pytree.tree_leaves(after))


def _entry(state: NetworkState, carried: tuple[bool, ...]) -> NetworkState:
    """The state in the layout of those between steps, so that one compiled step does for all."""
    leaves, shape = pytree.tree_flatten(state)
    if len(leaves) != len(carried):
        return state
    like_later = [
        _as_carried(leaf, learns) if isinstance(leaf, Tensor) else leaf
        for leaf, learns in zip(leaves, carried, strict=True)
    ]
    return pytree.tree_unflatten(like_later, shape)


def _apart(tensor: Tensor) -> Tensor:
    """The same values out of the caller's graph, which what is tried out must leave alone."""
    return tensor.detach().requires_grad_(tensor.requires_grad)


def _as_carried(leaf: Tensor, learns: bool) -> Tensor:
    copy = leaf.clone(memory_format=torch.contiguous_format)
    return copy.requires_grad_() if learns and not copy.requires_grad else copy


def _form(network: MemoryNetwork, inputs_TBX: Tensor) -> tuple[Any, ...]:
    """What a compiled step depends on, but for the network's own parts."""
    x_BX = inputs_TBX[0]
    grad = torch.is_grad_enabled(), inputs_TBX.requires_grad
    estimator = type(network.estimator)
    return network.training, estimator, *grad, x_BX.shape, x_BX.dtype, x_BX.device


@contextlib.contextmanager
def _estimator_in_force(network: MemoryNetwork) -> Iterator[None]:
    """Where an estimator hands over to another for the whole minibatch, that other in its place.

    The choice is the value of a buffer, which no single graph can branch on.
    """
    outer = network.cell.estimator
    network.cell.estimator = outer.in_force()
    try:
        yield
    finally:
        network.cell.estimator = outer


@contextlib.contextmanager
def _settings() -> Iterator[None]:
    import torch._dynamo.config as config

    with config.patch(recompile_limit=MOST_STEPS, accumulated_recompile_limit=MOST_STEPS):
        yield


def _said(error: Exception) -> str:
    """The first line of an error, or of the one behind it, that says something."""
    error = getattr(error, "inner_exception", error)
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0].rstrip('.')}" if lines else type(error).__name__
