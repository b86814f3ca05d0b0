"""What a run is asked of an engine: how many workers, where, and on which device."""

from __future__ import annotations

from ..design.data import BadData
from ..design.settings import whole
from .script_guard import require_guard
from .worker_checks import device_obstacle

LARGEST_THREADS = LARGEST_WORKERS = 1_024
LARGEST_RETRIES = 1_000


def require_engine(
    workers: int, address: str | None, threads: int, device: str, retries: int = 0
) -> None:
    """Raises BadData, in one line, for an option that no engine can meet here."""
    _require_count("workers", workers, 0, LARGEST_WORKERS)
    _require_count("retries", retries, 0, LARGEST_RETRIES)
    _require_count("threads", threads, 1, LARGEST_THREADS)
    if not isinstance(device, str):
        raise BadData(f"device is {device!r:.60}; it must be text, such as cpu.")
    if not isinstance(address, str | None):
        raise BadData(f"address is {address!r:.60}; it must be text, such as tcp://host:8786.")
    if address is not None:
        return
    if workers:
        require_guard()
    if obstacle := device_obstacle(device):
        raise BadData(obstacle)


def _require_count(name: str, value: object, least: int, most: int) -> None:
    if (count := whole(value)) is None or not least <= count <= most:
        wanted = f"it must be a whole number, {least} to {most:,}"
        raise BadData(f"{name} is {value!r:.60}; {wanted}.")
