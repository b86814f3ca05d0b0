"""The rows of a trial as they are written."""

from __future__ import annotations

import json
from pathlib import Path

from ..procedures.base import Row
from .rows_file import ROWS


class Tail:
    """Reads each whole line of a trial's metrics.jsonl once; `count` are read so far."""

    def __init__(self, trial_folder: Path) -> None:
        self._path = trial_folder / ROWS
        self._offset = self.count = 0

    def new_rows(self) -> list[Row]:
        """The rows that were written since the last call, all at the first one."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                whole, newline, _ = file.read().rpartition(b"\n")
        except FileNotFoundError:
            return []
        self._offset += len(whole) + len(newline)
        lines = [line for line in whole.split(b"\n") if line]
        self.count += len(lines)
        return [json.loads(line) for line in lines]

    def written(self) -> float | None:
        """When the file was last written, by the clock of the disk; None where there is none."""
        try:
            return self._path.stat().st_mtime
        except FileNotFoundError:
            return None
