"""A process that runs one implementation for `memnets bench peers`, and the requests to it."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

WORKER_MODULE = f"{__package__}.peer_worker"
WORKER_FILE = Path(__file__).with_name("peer_worker.py")

_NOT_COVERED = re.compile(r"^[\w.]*NotCovered: ")


class WorkerEnded(RuntimeError):
    """An implementation failed; the message is the last line that it wrote."""


class Worker:
    """A running process of peer_worker.py; `run` times steps in it."""

    def __init__(self, process: subprocess.Popen[str], batch: int, log: Path) -> None:
        self._process, self._batch, self._log = process, batch, log
        self.cpu_seconds = 0.0

    def run(self, steps: int) -> float:
        """Seconds of that many steps; raises WorkerEnded where the process has failed."""
        assert self._process.stdin is not None and self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps({"batch": self._batch, "steps": steps}) + "\n")
            self._process.stdin.flush()
            answer = json.loads(self._process.stdout.readline())
        except (OSError, ValueError) as error:
            self._process.wait()
            lines = self._log.read_text(encoding="utf-8").strip().splitlines()
            last = lines[-1] if lines else "ended without a word"
            reason = _NOT_COVERED.sub("not covered: ", last)
            raise WorkerEnded(reason if reason != last else f"failed: {last}") from error
        self.cpu_seconds += answer["cpu_seconds"]
        return answer["seconds"]


@contextlib.contextmanager
def started(command: list[str], batch: int, log: Path) -> Iterator[Worker]:
    """Run a command of peer_worker.py, with its errors in the log, and end it afterwards."""
    with log.open("w", encoding="utf-8") as errors:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True
        )
        try:
            yield Worker(process, batch, log)
        finally:
            process.kill()
            process.communicate()
