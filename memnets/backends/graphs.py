"""Training steps of any network replayed from CUDA graphs: one launch in place of thousands.

A graph is captured once per number of steps and batch size, and a sequence is filled up to the next
of few such numbers (`bucket`). What is filled up comes after the end of the sequence, so it changes
nothing before; the loss leaves it out, because the mask of a batch is false there.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ..network import MemoryNetwork
from ..types import Rollout
from .restoring import unchanged

Unroll = Callable[[Tensor], Rollout]
"""Inputs (T, B, X) in, rollout out."""

Loss = Callable[..., Tensor]
"""`loss(rollout, *batch)`: what is differentiated, a scalar; zero for steps that are masked out."""

WARM_UP = 3
"""Steps run before a capture, so that libraries have chosen their kernels and workspaces."""


class GraphFallback(UserWarning):
    """A network could not be captured in a CUDA graph; it runs step by step."""


class Step(NamedTuple):
    """What a training step leaves beside the gradients; all detached."""

    loss: Tensor
    logits_TBY: Tensor
    entropy_TBH: Tensor


class GraphedStep:
    """Forward, loss and backward of a network, from one CUDA graph per bucket and batch size.

    Called with a batch of tensors whose first axis is time (the inputs first; anything that the
    loss wants after them, a mask for one), on any device. Leaves the gradients in the parameters'
    `grad`, replacing what was there, and returns the `Step`.

    The gradients' memory is shared by all graphs: optimise before the next call. Random numbers
    go on from torch's generator as without a graph, though filled-up steps draw some too. Options
    of the network that are plain Python values are captured as they were: call `forget` when one
    changes. Where a network cannot be captured, because it looks at a tensor's value on the way or
    leaves the GPU, a GraphFallback warning says so, once, and every step runs without a graph.

    Estimators with a loss of their own (REINFORCE) sum over steps, filled up or not, so their
    sequences are never filled up: they get one graph per length. Keep their lengths few.
    """

    def __init__(self, network: MemoryNetwork, loss: Loss, unroll: Unroll | None = None) -> None:
        """`unroll` stands in for calling the network. Raises RuntimeError off the GPU."""
        self._device = network.readout.weight.device
        _require_gpu(self._device)
        self.network, self.loss, self.unroll = network, loss, unroll or network
        self.reason: str | None = None
        """Why steps run without graphs; None while they do not."""
        self._grads: dict[Tensor, Tensor] = {}
        self.forget()

    def forget(self) -> None:
        """Drops all graphs; they are captured anew when needed."""
        self._captured: dict[tuple[object, ...], _Captured] = {}
        self._pool: Any = None

    @property
    def graphs(self) -> int:
        """How many graphs there are."""
        return len(self._captured)

    def __call__(self, *batch: Tensor) -> Step:
        """One step on a batch; its gradients are in the parameters afterwards."""
        if self.reason is None:
            captured = self._find(batch)
            if captured is not None:
                return captured.replay(self.network, batch)
        self.network.zero_grad(set_to_none=True)
        return measure(self.unroll, self.loss, [part.to(self._device) for part in batch])

    def _find(self, batch: tuple[Tensor, ...]) -> _Captured | None:
        steps, size = batch[0].shape[:2]
        if fills_up(self.network):
            steps = bucket(steps)
        key = steps, size, self.network.training
        if key not in self._captured:
            try:
                self._captured[key] = self._capture(filled(batch, steps, self._device))
            except RuntimeError as error:
                self._give_up(error)
                return None
        return self._captured[key]

    def _capture(self, batch: list[Tensor]) -> _Captured:
        with unchanged(self.network, self._device):
            here, aside = torch.cuda.current_stream(self._device), torch.cuda.Stream(self._device)
            aside.wait_stream(here)
            with torch.cuda.stream(aside):
                for _ in range(WARM_UP):
                    self.network.zero_grad(set_to_none=True)
                    measure(self.unroll, self.loss, batch)
            here.wait_stream(aside)
        grads: dict[Tensor, Tensor] = {}
        for parameter in self.network.parameters():
            if parameter.grad is not None:
                fresh = torch.zeros_like(parameter)
                grads[parameter] = parameter.grad = self._grads.setdefault(parameter, fresh)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.device(self._device), torch.cuda.graph(graph, pool=self._pool):
            for grad in grads.values():
                grad.zero_()
            step = measure(self.unroll, self.loss, batch)
        self._pool = graph.pool()
        return _Captured(graph, batch, grads, step)

    def _give_up(self, error: RuntimeError) -> None:
        self.forget()
        self.network.zero_grad(set_to_none=True)
        # what broke the capture, not what its end then complained about
        while isinstance(error.__context__, RuntimeError):
            error = error.__context__
        self.reason = str(error).strip().partition("\n")[0] or type(error).__name__
        text = f"no CUDA graph of this network: {self.reason}; it runs step by step"
        warnings.warn(text, GraphFallback, stacklevel=4)


class _Captured(NamedTuple):
    graph: torch.cuda.CUDAGraph
    batch: list[Tensor]
    grads: dict[Tensor, Tensor]
    step: Step

    def replay(self, network: MemoryNetwork, batch: tuple[Tensor, ...]) -> Step:
        for ours, theirs in zip(self.batch, batch, strict=True):
            fill(ours, theirs)
        for parameter in network.parameters():
            parameter.grad = self.grads.get(parameter)
        self.graph.replay()
        # the next graph writes over what this one leaves
        return Step(*(part.clone() for part in cut(self.step, len(batch[0]))))


def measure(unroll: Unroll, loss: Loss, batch: list[Tensor]) -> Step:
    """One step without a graph; gradients are added to the parameters'."""
    rollout = unroll(batch[0])
    cost = loss(rollout, *batch)
    cost.backward()
    return Step(cost.detach(), rollout.logits_TBY.detach(), rollout.address.entropy_BH.detach())


def bucket(steps: int) -> int:
    """The number of steps that so many are filled up to.

    Multiples of 8 up to 64, of 16 up to 128, of 32 up to 256 and so on: beyond 32 steps, less than
    a quarter is filled up, and every doubling of the length takes four more graphs.
    """
    unit = max(8, 1 << max(0, (steps - 1).bit_length() - 3))
    return -(-steps // unit) * unit


def fills_up(network: MemoryNetwork) -> bool:
    """Whether steps after the end of a sequence leave a network's gradient alone."""
    return not network.estimator.has_loss


def filled(batch: tuple[Tensor, ...], steps: int, device: torch.device) -> list[Tensor]:
    """A batch filled up with zeros (a mask with false) to so many steps, on a device; new tensors.

    Raises ValueError for a batch that is longer.
    """
    if len(batch[0]) > steps:
        raise ValueError(f"a batch of {len(batch[0])} steps does not fit into {steps}")
    fresh = [part.new_zeros((steps, *part.shape[1:]), device=device) for part in batch]
    for ours, theirs in zip(fresh, batch, strict=True):
        fill(ours, theirs)
    return fresh


def fill(ours: Tensor, theirs: Tensor) -> None:
    """Writes a shorter tensor into a longer one, with zeros after its end."""
    ours[: len(theirs)].copy_(theirs, non_blocking=True)
    ours[len(theirs) :].zero_()


def cut(step: Step, steps: int) -> Step:
    """A step without what was filled up."""
    return Step(step.loss, step.logits_TBY[:steps], step.entropy_TBH[:steps])


def _require_gpu(device: torch.device) -> None:
    if device.type != "cuda":
        raise RuntimeError(f"CUDA graphs need a network on a GPU; this one is on {device}")
