"""What a bench hands on: rows, and the machine that they are of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Measurements:
    """The outcome of a bench, ready to be published in FOLDER/bench/NAME.

    `rows` have one measured point each, `machine` is the description that stands beside them, and
    `notes` are the sentences without which the numbers would be misread. `interrupted` says that
    the bench was stopped, so that rows are missing; those that are there are whole.
    """

    name: str
    folder: Path
    machine: dict[str, Any]
    rows: list[dict[str, Any]]
    notes: tuple[str, ...] = ()
    interrupted: bool = False

    @property
    def home(self) -> Path:
        """Where the files go."""
        return self.folder / "bench" / self.name
