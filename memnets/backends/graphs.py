"""Training steps of any network replayed from CUDA graphs: one launch in place of thousands.

A graph is captured once per number of steps and batch size. So that few graphs are enough, a
sequence is padded to the next of few numbers of steps (`bucket`). Padding comes after the end of
the sequence and changes nothing before it; the mask of a batch is false there, so the loss leaves
it out.
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
"""Runs a network over inputs (T, B, X)."""

Loss = Callable[..., Tensor]
"""`loss(rollout, *batch)`: what is differentiated, a scalar; zero for steps that are masked out."""

WARM_UP = 3
"""Steps run before a capture, so that libraries have chosen their kernels and workspaces."""


class GraphFallback(UserWarning):
    """A network could not be captured in a CUDA graph; it runs step by step."""


class Step(NamedTuple):
    """The results of a training step beside the gradients; all detached."""

    loss: Tensor
    logits_TBY: Tensor
    entropy_TBH: Tensor


class GraphedStep:
    """Forward, loss and backward of a network, from one CUDA graph per bucket and batch size.

    Called with a batch of tensors whose first axis is time, on any device: the inputs first, then
    what the loss takes besides, such as targets and a mask. Writes the gradients to the parameters'
    `grad`, replacing what was there, and returns the `Step`.

    All graphs share the gradients' memory: optimise before the next call. Random numbers are drawn
    from torch's generator as without a graph, though padding draws some too. Options of the network
    that are plain Python values are captured as they were: call `forget` when one changes. Where a
    network cannot be captured, because it looks at a tensor's value on the way or leaves the GPU, a
    GraphFallback warning says so, once, and every step runs without a graph.

    Estimators with a loss of their own (REINFORCE) sum over all steps, padding included, so their
    sequences are never padded: they get one graph per length. Keep their lengths few.
    """

    def __init__(self, network: MemoryNetwork, loss: Loss, unroll: Unroll | None = None) -> None:
        """`unroll` is called in place of the network. Raises RuntimeError off the GPU."""
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
        return run_step(self.unroll, self.loss, [part.to(self._device) for part in batch])

    def _find(self, batch: tuple[Tensor, ...]) -> _Captured | None:
        steps, size = batch[0].shape[:2]
        if may_pad(self.network):
            steps = bucket(steps)
        key = steps, size, self.network.training
        if key not in self._captured:
            try:
                self._captured[key] = self._capture(padded(batch, steps, self._device))
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
                    run_step(self.unroll, self.loss, batch)
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
            step = run_step(self.unroll, self.loss, batch)
        self._pool = graph.pool()
        return _Captured(graph, batch, grads, step)

    def _give_up(self, error: RuntimeError) -> None:
        self.forget()
        self.network.zero_grad(set_to_none=True)
        # the error that broke the capture, not the one that ending the capture raised after it
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
            copy_padded(ours, theirs)
        for parameter in network.parameters():
            parameter.grad = self.grads.get(parameter)
        self.graph.replay()
        # the next replay writes over these tensors
        return Step(*(part.clone() for part in unpadded(self.step, len(batch[0]))))


def run_step(unroll: Unroll, loss: Loss, batch: list[Tensor]) -> Step:
    """One step without a graph; adds to the gradients of the parameters."""
    rollout = unroll(batch[0])
    cost = loss(rollout, *batch)
    cost.backward()
    return Step(cost.detach(), rollout.logits_TBY.detach(), rollout.address.entropy_BH.detach())


def bucket(steps: int) -> int:
    """The number of steps to which a sequence of so many steps is padded.

    Multiples of 8 up to 64, of 16 up to 128, of 32 up to 256 and so on: beyond 32 steps, padding
    adds less than a quarter, and every doubling of the length takes four more graphs.
    """
    unit = max(8, 1 << max(0, (steps - 1).bit_length() - 3))
    return -(-steps // unit) * unit


def may_pad(network: MemoryNetwork) -> bool:
    """Whether steps after the end of a sequence leave a network's gradient as it is."""
    return not network.estimator.has_loss


def padded(batch: tuple[Tensor, ...], steps: int, device: torch.device) -> list[Tensor]:
    """A batch padded to so many steps with zeros (a mask with false), in new tensors on a device.

    Raises ValueError for a batch that is longer.
    """
    if len(batch[0]) > steps:
        raise ValueError(f"a batch of {len(batch[0])} steps does not fit into {steps}")
    fresh = [part.new_zeros((steps, *part.shape[1:]), device=device) for part in batch]
    for longer, part in zip(fresh, batch, strict=True):
        copy_padded(longer, part)
    return fresh


def copy_padded(longer: Tensor, part: Tensor) -> None:
    """Copies a tensor into one of as many steps or more, with zeros after its end."""
    longer[: len(part)].copy_(part, non_blocking=True)
    longer[len(part) :].zero_()


def unpadded(step: Step, steps: int) -> Step:
    """A step's results without those of the padding."""
    return Step(step.loss, step.logits_TBY[:steps], step.entropy_TBH[:steps])


def _require_gpu(device: torch.device) -> None:
    if device.type != "cuda":
        raise RuntimeError(f"CUDA graphs need a network on a GPU; this one is on {device}")
