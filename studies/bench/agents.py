"""`memnets bench agents`: how many steps a second PPO makes with a memory in its policy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..running.progress_bar import ProgressBar
from .load import Load
from .machine import describe
from .measurements import Measurements
from .options import require_positive, require_some

if TYPE_CHECKING:
    from .timing import Timer


@dataclass(frozen=True)
class BenchAgents:
    """Time RecurrentPPO with each memory, on each backend: acting, and learning from what it did.

    A step is one rollout of --n-steps in all environments and the update from it, on one thread.
    The task is delayed recall with --length blanks. The backend `reference` runs a memory as the
    usual adapter in the shape of an LSTM does, one step after the other; `auto` is what agents
    take. Every round times all backends of a memory once; `ratio` is the reference's time over
    this backend's.

    Writes table.md, results.csv, machine.json and the figure (svg, png) to FOLDER/bench/agents.
    """

    cells: tuple[str, ...] = ("ntm",)
    backends: tuple[str, ...] = ("reference", "auto")
    """Names as `network.backend` takes them; without `reference` among them there are no ratios."""
    num_envs: tuple[int, ...] = (16, 64)
    n_steps: int = 128
    n_epochs: int = 10
    length: int = 30
    """Blanks between what is to be kept and the question for it."""
    slots: int = 128
    width: int = 20
    controller_size: int = 100
    repeats: int = 5
    """Rounds per memory; times are medians over them."""
    folder: Path = Path("runs")

    def __call__(self) -> Measurements:
        self.check()
        machine = describe("cpu", 1)
        machine["protocol"] = {
            "task": f"delayed recall, {self.length} blanks",
            "steps and epochs": f"{self.n_steps}, {self.n_epochs}",
            "memory": f"{self.slots} × {self.width}, LSTM of {self.controller_size}",
            "rounds": self.repeats,
        }
        load, rows, interrupted = Load(), [], False
        points = list(product(self.cells, self.num_envs))
        with ProgressBar("bench agents", len(points)) as bar:
            try:
                for point in points:
                    rows += self._compare(*point, bar)
                    bar.advance()
            except KeyboardInterrupt:
                interrupted = True
        machine["foreign_cores"] = load.foreign()
        return Measurements("agents", self.folder, machine, rows, (), interrupted)

    def check(self) -> None:
        """Raises BadData, or a registry's error, for an option that means nothing."""
        from memnets.backends import require_backend
        from memnets.registry import cells

        require_some(self, "cells", "backends")
        for name in self.cells:
            cells.get(name)
        for name in self.backends:
            require_backend(name)
        require_positive(self, "num_envs", "n_steps", "n_epochs", "length", "slots", "width")
        require_positive(self, "controller_size", "repeats")

    def _compare(self, cell: str, count: int, bar: ProgressBar) -> list[dict[str, Any]]:
        """A row per backend."""
        from ..running.threads import torch_threads
        from . import timing

        label = f"{cell}, {count} environments"
        makers: dict[str, Callable[[], Timer]] = {
            name: partial(self._timer, cell, count, name) for name in self.backends
        }
        with torch_threads(1):
            candidates, notes = timing.prepare(makers, lambda text: bar.say(f"{label}: {text}"))
            bar.say(f"{label}: {self.repeats} rounds")
            times, failed = timing.interleave(candidates, self.repeats)
        notes |= {name: timing.failure(error) for name, error in failed.items()}
        steps = count * self.n_steps
        rows = timing.backend_rows(self.backends, times, notes, steps)
        for row in rows:
            if not row["note"]:
                row["steps_per_second"] = row.pop("sequences_per_second")
        model = {"cell": cell, "estimator": "soft", "controller": "lstm", "batch": count}
        return [model | row for row in rows]

    def _timer(self, cell: str, count: int, backend: str) -> Timer:
        from .agent_step import first_step
        from .training_step import Point

        point = Point(cell, "soft", "lstm", count, self.length, self.slots, self.width)
        point = replace(point, controller_size=self.controller_size)
        return first_step(point, backend, self.n_steps, self.n_epochs)
