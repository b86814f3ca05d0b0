"""The four ways in which `memnets bench gpu` runs forward, loss and backward of one network."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from memnets.backends import Backend, backends
from memnets.backends.graphs import GraphedStep, GraphFallback, run_step
from memnets.network import MemoryNetwork
from memnets.spec import ModelSpec
from memnets.types import Rollout

from .timing import NotCovered, Timer, clocked

if TYPE_CHECKING:
    from .gpu import BenchGPU


def ways(bench: BenchGPU, cell: str, batch: int) -> dict[str, Callable[[], Timer]]:
    """A function per way that makes the way ready and returns its timer.

    It raises NotCovered where the way cannot run this network or this device.
    """
    device = torch.device(bench.device)
    options: dict[str, Any] = {"slots": bench.slots, "width": bench.width}
    network = ModelSpec(cell, controller_size=bench.controller_size, cell_options=options).build(
        10, 8
    )
    network = network.to(device)
    network.backend = "reference"
    sequences = example(2 * bench.length + 2, batch, device)
    finish = torch.cuda.synchronize if device.type == "cuda" else None
    triton: Backend = backends.get("triton")()

    def plain() -> Timer:
        return clocked(partial(run_step, network.forward, loss, sequences), finish)

    def graph() -> Timer:
        _require_gpu(device)
        return clocked(_graphed(network, None, sequences), finish)

    def kernels() -> Timer:
        _require_covered(triton, network, sequences)
        return clocked(partial(run_step, partial(triton, network), loss, sequences), finish)

    def kernels_in_a_graph() -> Timer:
        _require_gpu(device)
        _require_covered(triton, network, sequences)
        return clocked(_graphed(network, triton, sequences), finish)

    return {
        "reference": plain,
        "CUDA graph": graph,
        "triton": kernels,
        "triton in a CUDA graph": kernels_in_a_graph,
    }


def example(steps: int, batch: int, device: torch.device) -> list[Tensor]:
    """Random inputs, targets and mask in the shapes of copy; the second half is scored."""
    mask_TB = torch.zeros(steps, batch, dtype=torch.bool, device=device)
    mask_TB[steps // 2 + 1 :] = True
    inputs_TBX = torch.rand(steps, batch, 10, device=device).round()
    return [inputs_TBX, torch.rand(steps, batch, 8, device=device).round(), mask_TB]


def loss(rollout: Rollout, _: Tensor, targets_TBY: Tensor, mask_TB: Tensor) -> Tensor:
    """Cost of the scored steps, in nats per sequence."""
    cost_TBY = binary_cross_entropy_with_logits(rollout.logits_TBY, targets_TBY, reduction="none")
    return cost_TBY.sum(-1).where(mask_TB, 0.0).sum(0).mean()


def _graphed(
    network: MemoryNetwork, backend: Backend | None, sequences: list[Tensor]
) -> Callable[[], object]:
    """A step captured as a CUDA graph; raises NotCovered where it cannot be captured."""
    unroll = network if backend is None else partial(backend, network)
    step = GraphedStep(network, loss, unroll)
    with warnings.catch_warnings():
        # the table has the reason
        warnings.simplefilter("ignore", GraphFallback)
        step(*sequences)
    if step.reason is not None:
        raise NotCovered(step.reason)
    return partial(step, *sequences)


def _require_gpu(device: torch.device) -> None:
    if device.type != "cuda":
        raise NotCovered(f"CUDA graphs need a GPU; this is {device}")


def _require_covered(backend: Backend, network: MemoryNetwork, sequences: list[Tensor]) -> None:
    if (reason := backend.refuses(network, sequences[0])) is not None:
        raise NotCovered(reason)
