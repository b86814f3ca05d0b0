"""The fused NTM in C (`ntm.c`) against memnets' reference and its numba kernels.

Checks the C version against a float64 reference, then times the backends side by side, in rounds,
and prints a markdown table. Needs a C compiler (`$CC`, else cc) with OpenMP.

    python docs/results/fused_kernels/compare.py [--check | --profile] [--repeats 9]
"""

from __future__ import annotations

import argparse
import copy
import ctypes
import importlib.util
import statistics
import tempfile
import time
from collections.abc import Callable
from typing import Any

import torch
from ntm_c import InC, build
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from memnets.network import MemoryNetwork
from memnets.spec import ModelSpec

PHASES = (
    "pack GEMM LSTM squash cosine content shift sharpen write read replay copy GEMM_bwd LSTM_bwd "
    "read_bwd sharpen_bwd shift_bwd content_bwd write_bwd memory_bwd copy_bwd"
).split()
INPUTS, OUTPUTS, LENGTH, STEPS = 10, 8, 20, 42


def make(scale: float = 1.0, size: int = 100, **cell: int) -> MemoryNetwork:
    """A reference network with its parameters scaled."""
    network = ModelSpec("ntm", controller_size=size, cell_options=cell).build(INPUTS, OUTPUTS)
    network.backend = "reference"
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(scale)
    return network


def check(library: Any) -> None:
    """Raise AssertionError where outputs differ from the reference by 1e-5, gradients by 1e-4."""
    worst = [0.0, 0.0]
    odd = {"slots": 37, "width": 7, "write_heads": 2, "read_heads": 3}
    tiny = {"slots": 1, "width": 1}
    configurations = [(100, {}, scale) for scale in (1.0, 3.0)] + [(33, odd, 2.0), (5, tiny, 1.0)]
    for size, cell, scale in configurations:
        for threads in (1, 2):
            for T, B in ((1, 1), (5, 3), (42, 1), (42, 3), (42, 16), (5, 16)):
                torch.manual_seed(T + B)
                torch.set_num_threads(threads)
                network = make(scale, size, **cell)
                exact = copy.deepcopy(network).double()
                x_TBX, weight = torch.randn(T, B, INPUTS), torch.randn(T, B, OUTPUTS)
                truth, answer = exact(x_TBX.double()).logits_TBY, InC(network, library, 7, 8)(x_TBX)
                (truth * weight).mean().backward()
                (answer * weight).mean().backward()
                pairs = zip(network.named_parameters(), exact.parameters(), strict=True)
                errors = [(_error(p.grad, q.grad), name) for (name, p), q in pairs]
                worst = [max(worst[0], _error(answer, truth)), max(worst[1], max(errors)[0])]
                where = f"{size} {cell} x{scale} T={T} B={B} threads={threads}"
                assert _error(answer, truth) < 1e-5, (where, _error(answer, truth))
                assert max(errors)[0] < 1e-4, (where, max(errors))
    print(f"worst error: outputs {worst[0]:.1e}, gradients {worst[1]:.1e}\n")


def _error(ours: Tensor | None, exact: Tensor | None) -> float:
    assert ours is not None and exact is not None
    scale = exact.abs().max().item()
    return (ours.double() - exact).abs().max().item() / scale if scale else 0.0


def step_of(network: nn.Module, logits: Callable[[Tensor], Tensor], batch: int) -> Callable:
    """One training step on random bits in the shapes of copy; `update` adds the update."""
    optimiser = torch.optim.RMSprop(network.parameters(), lr=1e-4, momentum=0.9)
    x_TBX = torch.randint(2, (STEPS, batch, INPUTS)).float()
    target = torch.randint(2, (LENGTH, batch, OUTPUTS)).float()

    def step(update: bool) -> None:
        optimiser.zero_grad()
        answer = logits(x_TBX)[-LENGTH:]
        binary_cross_entropy_with_logits(answer, target).backward()
        if update:
            nn.utils.clip_grad_norm_(network.parameters(), 10.0)
            optimiser.step()

    return step


def backends(library: Any, batch: int, segment: int, chunk: int) -> dict[str, Callable]:
    """A step of the same network on every backend that is installed."""
    network = make()
    steps = {"reference": step_of(network, lambda x: network(x).logits_TBY, batch)}
    if importlib.util.find_spec("numba"):
        fused: Any = copy.deepcopy(network)
        fused.backend = "numba"
        steps["numba"] = step_of(fused, lambda x: fused(x).logits_TBY, batch)
    shadow = copy.deepcopy(network)
    steps["C"] = step_of(shadow, InC(shadow, library, segment, chunk), batch)
    return steps


def measure(steps: dict[str, Callable], update: bool, repeats: int) -> dict[str, float]:
    """Median milliseconds per step of each backend; every round times all, the fast ones thrice."""
    times: dict[str, list[float]] = {name: [] for name in steps}
    for number in range(repeats + 2):
        for name, step in steps.items():
            for _ in range(1 if name == "reference" else 3):
                start = time.perf_counter()
                step(update)
                # the first two rounds warm up
                if number >= 2:
                    times[name].append((time.perf_counter() - start) * 1e3)
    return {name: statistics.median(taken) for name, taken in times.items()}


def compare(library: Any, options: argparse.Namespace) -> None:
    """Prints the table."""
    names = list(backends(library, 1, 1, 1))
    ratios = [f"reference / {name}" for name in names[1:]]
    ratios += ["numba / C"] if "numba" in names else []
    print("| threads | B | what |", " | ".join([f"{n}, ms" for n in names] + ratios), "|")
    print("|---" * (3 + len(names) + len(ratios)) + "|")
    for threads in options.threads:
        torch.set_num_threads(threads)
        for batch in options.batch:
            steps = backends(library, batch, options.segment, options.chunk)
            for update, what in ((False, "forward + backward"), (True, "training step")):
                ms = measure(steps, update, options.repeats)
                cells = [f"{ms[name]:.2f}" for name in names]
                cells += [f"{ms['reference'] / ms[name]:.1f}" for name in names[1:]]
                cells += [f"{ms['numba'] / ms['C']:.2f}"] if "numba" in names else []
                print(f"| {threads} | {batch} | {what} |", " | ".join(cells), "|", flush=True)


def profile(folder: str, options: argparse.Namespace) -> None:
    """Prints the share of each phase of the C version, one thread."""
    library = build(folder, "-DPROFILE")
    cycles = (ctypes.c_uint64 * len(PHASES)).in_dll(library, "ntm_cycles")
    torch.set_num_threads(1)
    for batch in options.batch:
        step = backends(library, batch, options.segment, options.chunk)["C"]
        taken = []
        for _ in range(5 * options.repeats):
            ctypes.memset(cycles, 0, ctypes.sizeof(cycles))
            step(False)
            taken.append([spent / batch / STEPS for spent in cycles])
        spent = dict(zip(PHASES, map(min, zip(*taken, strict=True)), strict=True))
        total = sum(spent.values())
        print(f"B = {batch}: {total:.0f} cycles per sample and step")
        for name in sorted(spent, key=lambda name: -spent[name]):
            print(f"  {name:12s} {spent[name] / total:6.1%} {spent[name]:8.0f}")


def main() -> None:
    """Checks, then times."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="check only")
    parser.add_argument("--profile", action="store_true", help="phases of the C version only")
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--threads", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--batch", type=int, nargs="*", default=[1, 16, 64])
    parser.add_argument("--segment", type=int, default=7, help="steps between kept memories")
    parser.add_argument("--chunk", type=int, default=8, help="samples that go together")
    options = parser.parse_args()
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        if options.profile:
            profile(folder, options)
            return
        library = build(folder)
        check(library)
        if not options.check:
            compare(library, options)


if __name__ == "__main__":
    main()
