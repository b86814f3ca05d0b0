"""A trained network as TorchScript: a file that runs without memnets, and without Python."""

from __future__ import annotations

import warnings
from os import PathLike
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from .types import NetworkState

if TYPE_CHECKING:
    from .network import MemoryNetwork

TOLERANCE = 1e-4
"""How far the exported numbers may be from the network's own, which are checked."""


def export(network: MemoryNetwork, path: str | PathLike[str]) -> None:
    """Write a network as TorchScript, in `eval()`: `torch.jit.load(path)(inputs_TBX, state)`.

    `inputs_TBX` are those of the network, of any number of steps and sequences. `state` is a list
    of tensors, empty at the start of a sequence; the result is `logits_TBY` and the state after it.
    The file is written once it gives the network's own numbers. Raises ValueError, in one line,
    where a network cannot be exported, such as one with a persistent memory.
    """
    was_training = network.training
    network.eval()
    try:
        # what torch warns of is checked below
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exported = _exported(network)
            _check(network, exported)
            torch.jit.save(exported, str(path))
    finally:
        network.train(was_training)


class _Step(nn.Module):
    """A step from and to the tensors of a state."""

    def __init__(self, network: MemoryNetwork, state: NetworkState) -> None:
        super().__init__()
        self.network = network
        leaves, self.form = pytree.tree_flatten(state)
        self.is_tensor = [leaf is not None for leaf in leaves]

    def forward(self, x_BX: Tensor, tensors: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        given = iter(tensors)
        leaves = [next(given) if there else None for there in self.is_tensor]
        state = pytree.tree_unflatten(leaves, self.form)
        h_BC, after, _ = self.network.drive(self.network.embed(x_BX), state)
        logits_BY = self.network.readout(torch.cat([h_BC, after.read_BO], -1))
        return logits_BY, _tensors(after)


class _Unrolled(nn.Module):
    """A step in a loop, from the first state or a given one; this much is TorchScript."""

    def __init__(self, step: Any, first: list[Tensor]) -> None:
        super().__init__()
        self.step = step
        self.first = first

    def forward(self, inputs_TBX: Tensor, state: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        if len(state) == 0:
            state = [
                part.expand([inputs_TBX.shape[1]] + list(part.shape[1:])) for part in self.first
            ]
        logits = []
        for x_BX in inputs_TBX.unbind(0):
            logits_BY, state = self.step(x_BX, state)
            logits.append(logits_BY)
        return torch.stack(logits), state


def _exported(network: MemoryNetwork) -> Any:
    first, name = network.initial_state(1), type(network.cell).__name__
    odd = [leaf for leaf in pytree.tree_leaves(first) if not isinstance(leaf, Tensor | None)]
    if odd:
        raise ValueError(
            f"{name} cannot be exported: its state holds a {type(odd[0]).__name__}, no tensor; "
            "build the cell with persistent=False"
        )
    # two sequences: of one alone, a trace may take its size for that of anything
    state = network.initial_state(2)
    example = network.blank(1, 2)[0], _tensors(state)
    try:
        step = torch.jit.trace(_Step(network, state), example, check_trace=False)
        return torch.jit.script(_Unrolled(step, [part.clone() for part in _tensors(first)]))
    # a cell may come from anywhere, and compilers fail in many ways
    except Exception as error:
        said = str(error).strip().partition("\n")[0]
        raise ValueError(f"{name} cannot be exported: {type(error).__name__}: {said}") from error


def _check(network: MemoryNetwork, exported: Any) -> None:
    """Raises ValueError unless both say the same of several numbers of steps and sequences."""
    name = type(network.cell).__name__
    for steps, batch in ((3, 1), (5, 4)):
        inputs_TBX = _inputs(network, steps, batch)
        first = network.initial_state(batch)
        # by the reference, of which the step is made: where slots tie, kernels may round otherwise
        wanted = network.unroll(network.embed(inputs_TBX), first).logits_TBY
        try:
            found, state = exported(inputs_TBX[:2], [])
            rest, _ = exported(inputs_TBX[2:], state)
        except RuntimeError as error:
            said = str(error).strip().rpartition("\n")[2]
            raise ValueError(f"{name} cannot be exported: {said}") from error
        if not torch.allclose(torch.cat([found, rest]), wanted, rtol=TOLERANCE, atol=TOLERANCE):
            raise ValueError(
                f"{name} cannot be exported: as TorchScript it says something else of {batch} "
                "sequences"
            )


def _inputs(network: MemoryNetwork, steps: int, batch: int) -> Tensor:
    random = torch.Generator().manual_seed(0)
    blank = network.blank(steps, batch)
    if network.embedding is None:
        return torch.rand(blank.shape, generator=random).to(blank)
    return torch.randint(network.embedding.symbols, blank.shape, generator=random).to(blank)


def _tensors(state: NetworkState) -> list[Tensor]:
    return [leaf for leaf in pytree.tree_leaves(state) if leaf is not None]
