"""A dask cluster of several machines, simulated: nodes with a folder of their own each."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[3]
OWN = {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


class Nodes:
    """A scheduler and the nodes that join it; whatever runs is killed at the end."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.file = folder, folder / "scheduler.json"
        self.scheduler: subprocess.Popen[bytes] | None = None
        self._running: list[subprocess.Popen[bytes]] = []

    def start_scheduler(self) -> None:
        """A new scheduler, at another address, whose file is the same."""
        self.file.unlink(missing_ok=True)
        options = ("--host", "127.0.0.1", "--port", str(_free_port()), "--no-dashboard")
        self.scheduler = self._start(
            "scheduler", "dask_scheduler", *options, "--scheduler-file", str(self.file)
        )
        wait_until(self.file.is_file, "the scheduler's file")

    def start_node(self, name: str) -> subprocess.Popen[bytes]:
        """A node of one worker, which its nanny starts again where it dies."""
        options = ("--nthreads", "1", "--no-dashboard", "--host", "127.0.0.1")
        return self._start(name, "dask_worker", "--scheduler-file", str(self.file), *options)

    def close(self) -> None:
        """Kill whatever still runs."""
        for process in self._running:
            remove(process)

    def _start(self, name: str, module: str, *options: str) -> subprocess.Popen[bytes]:
        here = self.folder / name
        here.mkdir(exist_ok=True)
        with (here / "log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.{module}", *options],
                cwd=here, env=os.environ | OWN, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self._running.append(process)
        return process


def worker_of(process: subprocess.Popen[bytes] | int) -> list[psutil.Process]:
    """The worker processes below a node's nanny, or below a driver with local workers.

    Those of a node are spawned; those of a driver are forked from a process that it keeps for that.
    """
    own = psutil.Process(process if isinstance(process, int) else process.pid)
    below = {child: " ".join(child.cmdline()) for child in own.children(recursive=True)}
    keepers = {child.pid for child, text in below.items() if "multiprocessing.forkserver" in text}
    return [
        child
        for child, command in below.items()
        if child.ppid() in keepers
        or ("multiprocessing.spawn" in command and "resource_tracker" not in command)
    ]


def remove(process: subprocess.Popen[bytes]) -> None:
    """A node goes away with everything on it, as a machine does that loses its power."""
    try:
        found = worker_of(process)
    except psutil.NoSuchProcess:
        found = []
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    for child in found:
        if child.is_running():
            child.kill()
    process.wait()


def wait_until(true: object, what: str, seconds: float = 100) -> None:
    """Wait for `true()`; raises AssertionError, which says what did not come."""
    deadline = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        assert time.monotonic() < deadline, f"{what} did not come"
        time.sleep(0.05)


def rows_so_far(folder: Path) -> int:
    """How many rows all trials of a folder have."""
    return sum(path.read_bytes().count(b"\n") for path in folder.glob("*/metrics.jsonl"))


def unfinished(folder: Path) -> Iterable[Path]:
    """Trials that have rows and are not done."""
    return [
        path.parent
        for path in folder.glob("*/metrics.jsonl")
        if path.stat().st_size and not path.with_name("done.json").exists()
    ]


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
