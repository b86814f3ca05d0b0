"""The machine that a measurement was made on: its description, and checks of its devices."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Any

from ..design.data import BadData
from ..running.provenance import environment, now, version


def require_device(device: str) -> None:
    """Raises BadData, in one line, where torch finds no such device on this machine."""
    import torch

    try:
        torch.empty(0, device=device)
    # torch without CUDA raises AssertionError, torch with CUDA raises RuntimeError
    except (RuntimeError, AssertionError) as error:
        reason = str(error).partition("\n")[0].rstrip(".")
        what = "no GPU" if device.startswith("cuda") else f"no device {device!r}"
        raise BadData(f"there is {what} here to measure ({reason}); try --device cpu.") from error


def describe(device: str = "cpu", threads: int = 1) -> dict[str, Any]:
    """CPU, cores, memory, system, versions, threads, GPU, date and commit, as JSON types.

    Unknown values are None. `gpu` is "none" on a machine without one.
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
    """Bytes of each data cache of the first core, by level ("L2", "L3"); {} if unknown."""
    sizes = {}
    for index in Path("/sys/devices/system/cpu/cpu0/cache").glob("index*"):
        try:
            contents, level, size = (
                (index / name).read_text(encoding="ascii").strip()
                for name in ("type", "level", "size")
            )
            unit = {"K": 2**10, "M": 2**20}.get(size[-1], 1)
            if contents != "Instruction":
                sizes[f"L{level}"] = int(size.rstrip("KM")) * unit
        except (OSError, ValueError):
            continue
    return dict(sorted(sizes.items()))


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
