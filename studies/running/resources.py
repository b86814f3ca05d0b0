"""What trials take of a worker beside a thread: dask's resources, and a GPU."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from ..design.data import BadData
from ..design.trial import Trial

Amounts = Mapping[str, float]
"""A name and how much of it, such as {"GPU": 0.5}."""
Resources = Mapping[str, float | Amounts]
"""Amounts that all trials take, and under a pattern those of the models whose labels match it."""
Worker = tuple[int, Amounts]
"""Its threads and its resources."""
SLACK = 1e-9
"""So much more than a worker has may be taken: ten trials of 0.1 fit into 1."""


def taken(resources: Resources, trial: Trial) -> dict[str, float]:
    """What a trial takes: what all do, changed by each pattern that its model's label matches."""
    found = {name: said for name, said in resources.items() if not isinstance(said, Mapping)}
    for pattern, said in resources.items():
        if isinstance(said, Mapping) and fnmatchcase(trial.model_label, pattern):
            found.update(said)
    return found


def distinct(resources: Resources, trials: Iterable[Trial]) -> list[dict[str, float]]:
    """All that trials take, each once."""
    found: list[dict[str, float]] = []
    for trial in trials:
        if (amounts := taken(resources, trial)) not in found:
            found.append(amounts)
    return found


def workers_now(client: Any) -> list[Worker]:
    """The workers that a scheduler has now."""
    found = client.scheduler_info(n_workers=-1)["workers"].values()
    return [(worker["nthreads"], worker["resources"]) for worker in found]


def places(workers: Iterable[Worker], wanted: Amounts) -> int:
    """How many trials that take this the workers can make at one time."""
    return sum(fitting(threads, there, wanted) for threads, there in workers)


def fitting(threads: int, there: Amounts, wanted: Amounts) -> int:
    """How many trials fit on a worker: one a thread, and as often as it has what one takes."""
    shares = (int(there.get(name, 0) / amount + SLACK) for name, amount in wanted.items())
    return min(threads, *shares) if wanted else threads


def have_room(workers: Iterable[Worker], wants: Sequence[Amounts]) -> bool:
    """Whether trials that take all this find room at one time, each where there is room first."""
    workers = list(workers)
    if all(wanted == wants[0] for wanted in wants):
        return not wants or len(wants) <= places(workers, wants[0])
    left = [(threads, dict(there)) for threads, there in workers]
    for wanted in wants:
        for number, (threads, there) in enumerate(left):
            if fitting(threads, there, wanted):
                rest = {name: there[name] - amount for name, amount in wanted.items()}
                left[number] = (threads - 1, there | rest)
                break
        else:
            return False
    return True


def require_resources(client: Any, wants: Iterable[Amounts]) -> None:
    """Raises BadData where no worker of now has what one of the trials takes."""
    workers = workers_now(client)
    for wanted in wants:
        if not wanted or places(workers, wanted):
            continue
        asked = ", ".join(f"{name}={amount:g}" for name, amount in wanted.items())
        had = sorted({f"{name}={of[name]:g}" for _, of in workers for name in of})
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
