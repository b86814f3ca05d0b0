"""What trials take of a worker beside a thread: dask's resources, and a GPU."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from ..design.data import BadData

Amounts = Mapping[str, float]
"""A name and how much of it, such as {"GPU": 0.5}."""
Resources = Mapping[str, float | Amounts]
"""Amounts that all trials take, and under a pattern those of the models whose labels match it."""
Worker = tuple[int, Amounts]
"""Its threads and its resources, all of them or those that are free."""
SLACK = 1e-9
"""So much more than a worker has may be taken: ten trials of 0.1 fit into 1."""


def taken(resources: Resources, model: str) -> dict[str, float]:
    """What a trial of a model takes: what all do, changed by patterns that its label matches."""
    found = {name: said for name, said in resources.items() if not isinstance(said, Mapping)}
    for pattern, said in resources.items():
        if isinstance(said, Mapping) and fnmatchcase(model, pattern):
            found.update(said)
    return found


def workers_now(client: Any) -> dict[str, Worker]:
    """The workers that a scheduler has now, by their addresses."""
    found = client.scheduler_info(n_workers=-1)["workers"].items()
    return {address: (worker["nthreads"], worker["resources"]) for address, worker in found}


def places(workers: Iterable[Worker], wanted: Amounts) -> int:
    """How many trials that take this the workers can make at one time."""
    return sum(fitting(threads, there, wanted) for threads, there in workers)


def fitting(threads: int, there: Amounts, wanted: Amounts) -> int:
    """How many trials fit on a worker: one a thread, and as often as it has what one takes."""
    shares = (int(there.get(name, 0) / amount + SLACK) for name, amount in wanted.items())
    return min(threads, *shares) if wanted else threads


def without(worker: Worker, wanted: Amounts) -> Worker:
    """What a worker has free beside a trial that takes this."""
    threads, there = worker
    rest = {name: there.get(name, 0) - amount for name, amount in wanted.items()}
    return threads - 1, {**there, **rest}


def chosen(free: Mapping[str, Worker], wanted: Amounts) -> str | None:
    """The worker on which a trial that takes this is to be made; None where there is no room.

    Of several it is the one with the fewest resources that the trial does not need, then the one
    with the most free threads.
    """
    able = [name for name, (threads, there) in free.items() if fitting(threads, there, wanted) > 0]
    return min(able, key=lambda name: (len(free[name][1]), -free[name][0]), default=None)


def require_resources(client: Any, resources: Resources, models: Iterable[str]) -> None:
    """Raises BadData where no worker of now has what a trial of one of the models takes."""
    workers = workers_now(client).values()
    for model in models:
        wanted = taken(resources, model)
        if not wanted or places(workers, wanted):
            continue
        asked = ", ".join(f"{name}={amount:g}" for name, amount in wanted.items())
        had = sorted({f"{name}={of[name]:g}" for _, of in workers for name in of})
        raise BadData(
            f"no worker has {asked} for a trial of {model}; the scheduler's workers have "
            f"{', '.join(had) or 'no resources'}. Start one with `dask worker … --resources "
            f'"{asked.replace(", ", " ")}"`.'
        )


def require_models(resources: Resources, models: Iterable[str]) -> None:
    """Raises BadData for a pattern of models that none of the study's matches."""
    models = list(models)
    for pattern, said in resources.items():
        if isinstance(said, Mapping) and not any(fnmatchcase(name, pattern) for name in models):
            raise BadData(
                f"resources names models {pattern!r:.60}, which none of the study's is; they are "
                f"{', '.join(models)}."
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
