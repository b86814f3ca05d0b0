"""`memnets bench envs`: how many steps a second the environments make."""

from __future__ import annotations

from tyro.conf import Positional

from .load import Load


def bench_envs(name: Positional[str] = "copy", num_envs: int = 256, seconds: float = 2.0) -> int:
    """Steps per second of a vectorised environment, such as copy or tape_copy, on one core."""
    from envs.benchmark import benchmark

    load = Load()
    result = benchmark(name, num_envs, seconds)
    foreign = load.foreign()
    print(
        f"{name}: {result['steps_per_second'] / 1e6:.2f} M steps/s with {num_envs} environments, "
        f"{result['steps_per_processor_second'] / 1e6:.2f} M per second of processor time"
        + ("" if foreign is None else f"; other processes kept {foreign:.1f} cores busy")
    )
    return 0
