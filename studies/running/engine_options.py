"""What a run is asked of an engine: how many workers, where, on which device, with what share."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ..design.data import BadData
from ..design.settings import real, whole
from .resources import Resources
from .script_guard import require_guard
from .worker_checks import device_obstacle

LARGEST_THREADS = LARGEST_WORKERS = 1_024
LARGEST_RETRIES = 1_000


def require_engine(
    workers: int,
    scheduler: str | None,
    threads: int,
    device: str,
    retries: int = 0,
    resources: Resources | None = None,
) -> None:
    """Raises BadData, in one line, for an option that no engine can meet here."""
    _require_count("workers", workers, 0, LARGEST_WORKERS)
    _require_count("retries", retries, 0, LARGEST_RETRIES)
    _require_count("threads", threads, 1, LARGEST_THREADS)
    if not isinstance(device, str):
        raise BadData(f"device is {device!r:.60}; it must be text, such as cpu.")
    if not isinstance(scheduler, str | None):
        raise BadData(f"scheduler is {scheduler!r:.60}; it must be text, such as tcp://host:8786.")
    _require_resources({} if resources is None else resources, scheduler)
    if scheduler is not None:
        return
    if workers:
        require_guard()
    if obstacle := device_obstacle(device):
        raise BadData(obstacle)


def _require_resources(resources: object, scheduler: str | None) -> None:
    wanted = (
        "it must map names to positive numbers, such as {'GPU': 0.5}, or patterns of models to "
        "such, as in {'dnc*': {'GPU': 1}}"
    )
    if not isinstance(resources, Mapping):
        raise BadData(f"resources is {resources!r:.60}; {wanted}.")
    for name, amount in resources.items():
        if not isinstance(name, str) or not name:
            raise BadData(f"resources names {name!r:.60}; {wanted}.")
        if isinstance(amount, Mapping):
            _require_amounts(amount, wanted)
        else:
            _require_amounts({name: amount}, wanted)
    if resources and scheduler is None:
        raise BadData(
            f"resources ({', '.join(resources)}) are those of a scheduler's workers: one must be "
            "given too. How many trials run at one time here is what workers says."
        )


def _require_amounts(amounts: Mapping[Any, object], wanted: str) -> None:
    for name, amount in amounts.items():
        if not isinstance(name, str) or not name:
            raise BadData(f"resources names {name!r:.60}; {wanted}.")
        if (found := real(amount)) is None or not 0 < found < math.inf:
            raise BadData(f"resources gives {name} {amount!r:.60}; {wanted}.")


def _require_count(name: str, value: object, least: int, most: int) -> None:
    if (count := whole(value)) is None or not least <= count <= most:
        wanted = f"it must be a whole number, {least} to {most:,}"
        raise BadData(f"{name} is {value!r:.60}; {wanted}.")
