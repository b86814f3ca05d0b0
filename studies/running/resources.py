"""What a trial takes of a worker beside a thread: dask's resources, and a GPU."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..design.data import BadData

SLACK = 1e-9
"""So much more than a worker has may be taken: ten trials of 0.1 fit into 1."""


def places(client: Any, resources: Mapping[str, float]) -> int:
    """How many trials that take these resources a scheduler's workers can make at one time."""
    workers = client.scheduler_info(n_workers=-1)["workers"].values()
    return sum(fitting(worker["nthreads"], worker["resources"], resources) for worker in workers)


def fitting(threads: int, there: Mapping[str, float], wanted: Mapping[str, float]) -> int:
    """How many trials fit on a worker: one a thread, and as often as it has what one takes."""
    shares = (int(there.get(name, 0) / amount + SLACK) for name, amount in wanted.items())
    return min(threads, *shares) if wanted else threads


def require_resources(client: Any, resources: Mapping[str, float]) -> None:
    """Raises BadData where no worker of now has what one trial takes."""
    if not resources or places(client, resources):
        return
    asked = ", ".join(f"{name}={amount:g}" for name, amount in resources.items())
    found = client.scheduler_info(n_workers=-1)["workers"].values()
    had = sorted({f"{name}={of[name]:g}" for of in (w["resources"] for w in found) for name in of})
    raise BadData(
        f"no worker has {asked} for a trial; the scheduler's workers have "
        f"{', '.join(had) or 'no resources'}. Start one with `dask worker … --resources "
        f'"{asked.replace(", ", " ")}"`.'
    )


def device_here(device: str) -> str:
    """The device of this worker's trials: with "cuda", local workers take turns with the GPUs.

    The workers of a scheduler are given theirs by whoever starts them.
    """
    if device != "cuda":
        return device
    import torch
    from distributed import get_worker

    return shared_out(get_worker().name, torch.cuda.device_count())


def shared_out(worker: object, gpus: int) -> str:
    """The GPU of a local worker, whose name is its number; "cuda" for any other worker."""
    if not isinstance(worker, int) or gpus < 2:
        return "cuda"
    return f"cuda:{worker % gpus}"
