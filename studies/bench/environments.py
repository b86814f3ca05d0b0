"""`memnets bench envs`: how many steps a second the environments make."""

from __future__ import annotations

from tyro.conf import Positional


def bench_envs(task: Positional[str] = "copy", num_envs: int = 256, seconds: float = 2.0) -> int:
    """Steps per second of the vectorised environment of a task, on one core."""
    from envs.benchmark import benchmark

    result = benchmark(task, num_envs, seconds)
    print(f"{task}: {result['steps_per_second'] / 1e6:.2f} M steps/s with {num_envs} environments")
    return 0
