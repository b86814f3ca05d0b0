"""What a measurement was made on, and how busy that was with other things."""

from __future__ import annotations

import os
import platform
import time
from pathlib import Path
from typing import Any

from ..design.data import BadData
from ..running.provenance import environment, now, version


def require_device(device: str) -> None:
    """Raises BadData, in one line, where torch finds no such device on this machine."""
    import torch

    try:
        torch.empty(0, device=device)
    # a build of torch without CUDA asserts, one with it has errors of its own
    except (RuntimeError, AssertionError) as error:
        reason = str(error).partition("\n")[0].rstrip(".")
        what = "no GPU" if device.startswith("cuda") else f"no device {device!r}"
        raise BadData(f"there is {what} here to measure ({reason}); try --device cpu.") from error


def describe(device: str = "cpu", threads: int = 1) -> dict[str, Any]:
    """CPU, cores, memory, system, versions, threads, GPU, date and commit, as JSON types.

    What cannot be found out is None; there is always a `gpu`, "none" where there is none.
    """
    import torch

    found = environment(device, threads)
    machine = found["machine"]
    on_gpu = torch.cuda.is_available()
    return {
        "date": now(),
        "cpu": machine["cpu"],
        "cores": machine["cores"],
        "cores_usable": usable_cores(),
        "ram_gib": _ram_gib(),
        "caches": caches(),
        "architecture": platform.machine(),
        "system": machine["system"],
        "python": found["versions"]["python"],
        "memnets": found["versions"]["memnets"],
        "torch": torch.__version__,
        "numpy": found["versions"]["numpy"],
        "numba": version("numba"),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "triton": version("triton"),
        "gpu": torch.cuda.get_device_name() if on_gpu else "none",
        "gpu_gib": _gpu_gib() if on_gpu else None,
        "compute_capability": _capability() if on_gpu else None,
        "cuda": torch.version.cuda if on_gpu else None,
        "device": device,
        "threads": threads,
        "commit": found["commit"],
        "dirty": found["dirty"],
    }


def usable_cores() -> int:
    """Cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def caches() -> dict[str, int]:
    """Bytes of the caches that the first core sees, "L2" and "L3" among them; {} if unknown."""
    sizes = {}
    for index in Path("/sys/devices/system/cpu/cpu0/cache").glob("index*"):
        try:
            kind, level, size = (
                (index / name).read_text(encoding="ascii").strip()
                for name in ("type", "level", "size")
            )
            unit = {"K": 2**10, "M": 2**20}.get(size[-1], 1)
            if kind != "Instruction":
                sizes[f"L{level}"] = int(size.rstrip("KM")) * unit
        except (OSError, ValueError):
            continue
    return dict(sorted(sizes.items()))


class Load:
    """Cores that others kept busy since this was made: the honesty of a timing.

    The processor time of the whole machine less that of this process and its ended children; None
    where the system does not tell.
    """

    def __init__(self) -> None:
        self._start = self._now()

    def foreign(self, children: float = 0.0) -> float | None:
        """Cores busy with other processes, on average since the start.

        `children`: seconds of processor time of our own processes that have not ended yet.
        """
        end = self._now()
        if self._start is None or end is None:
            return None
        wall, busy, own = (b - a for a, b in zip(self._start, end, strict=True))
        # the machine's count has ticks of 10 ms, this process's is finer
        return round(max(busy - own - children, 0.0) / wall, 3) if wall > 0 else None

    @staticmethod
    def _now() -> tuple[float, float, float] | None:
        try:
            line = Path("/proc/stat").read_text(encoding="ascii").partition("\n")[0]
            user, nice, system, _idle, _wait, irq, soft = map(int, line.split()[1:8])
            busy = (user + nice + system + irq + soft) / os.sysconf("SC_CLK_TCK")
        except (OSError, ValueError):
            return None
        own = os.times()
        return time.perf_counter(), busy, sum(own[:4])


def _gpu_gib() -> float:
    import torch

    return round(torch.cuda.get_device_properties().total_memory / 2**30, 1)


def _capability() -> str:
    import torch

    return ".".join(map(str, torch.cuda.get_device_capability()))


def _ram_gib() -> float | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    except (AttributeError, OSError, ValueError):
        return None
