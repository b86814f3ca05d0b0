"""The outcome of a bench: its rows, and the machine that they were measured on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Measurements:
    """The outcome of a bench, ready to be published in FOLDER/bench/NAME.

    Each of the `rows` is one measured point, `machine` describes where it was measured, and `notes`
    are sentences that explain the numbers. `interrupted` means that the bench was stopped: rows are
    missing, and those that are there are complete.
    """

    name: str
    folder: Path
    machine: dict[str, Any]
    rows: list[dict[str, Any]]
    notes: tuple[str, ...] = ()
    interrupted: bool = False

    @property
    def home(self) -> Path:
        """The folder of its files."""
        return self.folder / "bench" / self.name
