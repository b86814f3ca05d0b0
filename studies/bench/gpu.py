"""Times one forward and backward pass on a GPU: plain, graphed, by Triton, and both.

Run as `python -m studies.bench.gpu --batches 1 16 64`; docs/gpu.md says what for.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Callable, Sequence
from functools import partial
from itertools import product

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from memnets.backends.graphs import GraphedStep, measure
from memnets.backends.triton.backend import Triton
from memnets.network import MemoryNetwork
from memnets.spec import ModelSpec
from memnets.types import Rollout

STEPS = 42
"""Steps of the NTM paper's copy task at length 20."""


def main(argv: Sequence[str] | None = None) -> int:
    """Prints a row per cell and batch size, in milliseconds; 1 and a line where there is no GPU."""
    parser = argparse.ArgumentParser(prog="python -m studies.bench.gpu", description=__doc__)
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 16, 64, 256])
    parser.add_argument("--cells", nargs="+", default=["ntm", "dnc"])
    parser.add_argument("--rounds", type=int, default=20)
    asked = parser.parse_args(argv)
    if not torch.cuda.is_available():
        print("there is no GPU here to measure", file=sys.stderr)
        return 1
    print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}, CUDA {torch.version.cuda}")
    for cell, batch in product(asked.cells, asked.batches):
        network = ModelSpec(cell).build(10, 8).cuda()
        network.backend = "reference"
        steps = ways(network, example(batch, torch.device("cuda")))
        found = [f"{name} {ms:.3f} ms" for name, ms in in_turns(steps, asked.rounds).items()]
        print(f"{cell}, batch {batch}:", ", ".join(found))
    return 0


def ways(network: MemoryNetwork, batch: list[Tensor]) -> dict[str, Callable[[], object]]:
    """Every way in which a network can do a training step but for the optimiser's."""
    plain, triton = network.forward, partial(Triton(), network)
    found: dict[str, Callable[[], object]] = {
        "plain": partial(measure, plain, loss, batch),
        "graph": partial(GraphedStep(network, loss), *batch),
    }
    if (reason := Triton().refuses(network)) is not None:
        print(f"without Triton: {reason}", file=sys.stderr)
        return found
    graphed = partial(GraphedStep(network, loss, triton), *batch)
    return found | {"triton": partial(measure, triton, loss, batch), "triton in a graph": graphed}


def example(batch: int, device: torch.device) -> list[Tensor]:
    """Inputs, targets and mask of the shapes of copy."""
    mask_TB = torch.zeros(STEPS, batch, dtype=torch.bool, device=device)
    mask_TB[STEPS // 2 + 1 :] = True
    inputs_TBX = torch.rand(STEPS, batch, 10, device=device).round()
    return [inputs_TBX, torch.rand(STEPS, batch, 8, device=device).round(), mask_TB]


def loss(rollout: Rollout, _: Tensor, targets_TBY: Tensor, mask_TB: Tensor) -> Tensor:
    """Cost of the scored steps, in nats per sequence."""
    cost_TBY = binary_cross_entropy_with_logits(rollout.logits_TBY, targets_TBY, reduction="none")
    return cost_TBY.sum(-1).where(mask_TB, 0.0).sum(0).mean()


def in_turns(steps: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median milliseconds of each by the GPU's own clock, all of them in every round."""
    times: dict[str, list[float]] = {name: [] for name in steps}
    for round_ in range(rounds + 3):
        for name, step in steps.items():
            start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            torch.cuda.synchronize()
            start.record()
            step()
            end.record()
            torch.cuda.synchronize()
            if round_ >= 3:
                times[name].append(start.elapsed_time(end))
    return {name: statistics.median(found) for name, found in times.items()}


if __name__ == "__main__":
    raise SystemExit(main())
