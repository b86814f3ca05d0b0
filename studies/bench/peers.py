"""`memnets bench peers`: other implementations and ours on the same task, timed side by side."""

from __future__ import annotations

import contextlib
import json
import sys
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from ..design.data import BadData
from ..running.progress_bar import ProgressBar
from . import timing
from .load import Load
from .machine import describe, usable_cores
from .measurements import Measurements
from .options import require_positive
from .peer_process import WORKER_FILE, WORKER_MODULE, Worker, WorkerEnded, started

Row = dict[str, Any]


class Peer(NamedTuple):
    """An implementation: its name, its model, and a note that its times must be read with."""

    name: str
    model: str
    python: Path
    checkout: Path | None = None
    note: str = ""

    @property
    def ours(self) -> bool:
        """Whether it is this project's own."""
        return self.name.startswith("memnets ")


NO_RECURRENCE = (
    "never feeds what it reads back to its controller (seen in the source of 1.1.0), so this is "
    "the time of a model without that recurrence: a baseline of speed only"
)
# project on the package index -> adapter of peer_worker.py, model, note
PUBLISHED = {"dnc==1.1.0": ("pytorch-dnc", "dnc", NO_RECURRENCE)}
# a file by which a checkout is recognised -> the same
CHECKOUTS = {
    "ntm/aio.py": ("pytorch-ntm", "ntm", "without its bit-error metric"),
    "Models/DNC.py": ("csordas-dnc", "dnc", "masks, deallocation and link sharpness off"),
}


@dataclass(frozen=True)
class BenchPeers:
    """Time other implementations and ours side by side: one full training step of the copy task.

    Makes a virtual environment in FOLDER/bench/peers/venv, with this torch and numpy, and installs
    into it the peer that is on the package index: `dnc`, which is ixaxaar/pytorch-dnc. Others are
    run from a checkout: `--checkout PATH` with a clone of loudinthecloud/pytorch-ntm or of
    RobertCsordas/dnc. Their code runs in processes of its own and is never copied.

    All do the same work: a batch of 8-bit vectors, memory 128 × 20, an LSTM of 100, the DNC with 4
    read heads; draw a batch, forward, backward, clip at norm 10, RMSprop. Every round times each
    implementation once.
    """

    checkout: tuple[Path, ...] = ()
    """Clones to time as well; each is recognised by its files."""
    batches: tuple[int, ...] = (1, 16, 64)
    threads: int = field(default_factory=lambda: min(2, usable_cores()))
    length: int = 20
    """Vectors to copy; a sequence then has 2 × length + 2 steps."""
    repeats: int = 9
    """Rounds per batch size; times are medians over them."""
    backends: tuple[str, ...] = ("reference", "fused")
    """Our backends to compare with them."""
    install: bool = True
    """Whether to install the peer on the package index; without it, only checkouts are timed."""
    folder: Path = Path("runs")

    def __call__(self) -> Measurements:
        self.check()
        cloned = [recognise(path, Path(sys.executable)) for path in self.checkout]
        machine = describe("cpu", self.threads)
        home = self.folder / "bench" / "peers"
        home.mkdir(parents=True, exist_ok=True)
        rows: list[Row] = []
        theirs: list[Peer] = []
        load, interrupted = Load(), False
        with ProgressBar("bench peers", len(self.batches)) as bar:
            try:
                theirs = [*self._published(home, bar), *cloned]
                mine = self._ours([peer.model for peer in theirs])
                for batch in self.batches:
                    rows += self._compare([*mine, *theirs], batch, home, bar)
                    bar.advance()
            except KeyboardInterrupt:
                interrupted = True
        # the workers have ended by now, so their processor time counts as ours
        machine["foreign_cores"] = load.foreign()
        notes = [
            f"Copy of exactly {self.length} vectors of 8 bits; one step is drawing a batch, "
            "forward, backward, clipping and RMSprop. `Ours is faster by` is the other's time over "
            "that of our fastest backend of the same model, from the same rounds.",
            *(f"{peer.name} {peer.note}." for peer in theirs if peer.note),
        ]
        return Measurements("peers", self.folder, machine, rows, tuple(notes), interrupted)

    def check(self) -> None:
        """Raises BadData, or a registry's error, for an option that means nothing."""
        from memnets.backends import require_backend

        for name in self.backends:
            require_backend(name)
        require_positive(self, "batches", "threads", "length", "repeats")
        if not self.install and not self.checkout:
            raise BadData("no peer to time: leave out --no-install, or name a --checkout.")

    def _ours(self, models: list[str]) -> list[Peer]:
        """Ours of the same models, on every backend asked for."""
        return [
            Peer(f"memnets {model} {backend}", model, Path(sys.executable))
            for model in dict.fromkeys(models)
            for backend in self.backends
        ]

    def _published(self, home: Path, bar: ProgressBar) -> list[Peer]:
        if not self.install:
            return []
        from .peer_venv import prepared

        bar.say("installing the peers that are on the package index")
        python = prepared(home / "venv", tuple(PUBLISHED), home / "install.log")
        return [Peer(name, model, python, note=note) for name, model, note in PUBLISHED.values()]

    def _compare(self, peers: list[Peer], batch: int, home: Path, bar: ProgressBar) -> list[Row]:
        """A row per implementation at one batch size."""
        workers: dict[str, Worker] = {}

        def start(peer: Peer) -> timing.Timer:
            worker = stack.enter_context(self._worker(peer, batch, home))
            worker.run(1)
            workers[peer.name] = worker
            return worker.run

        makers = {peer.name: partial(start, peer) for peer in peers}
        with contextlib.ExitStack() as stack:
            candidates, notes = timing.prepare(
                makers, lambda text: bar.say(f"batch {batch}: {text}"), _note
            )
            bar.say(f"batch {batch}: {self.repeats} rounds of {len(candidates)} implementations")
            load = Load()
            for worker in workers.values():
                worker.cpu_seconds = 0.0
            times, failed = timing.interleave(candidates, self.repeats)
            busy = load.foreign(sum(worker.cpu_seconds for worker in workers.values()))
        notes |= {name: _note(error) for name, error in failed.items()}
        found = {name: timing.summary(values) for name, values in times.items()}
        rows: list[Row] = []
        for peer in peers:
            row: Row = {"implementation": peer.name, "model": peer.model, "ours": peer.ours}
            row |= {"threads": self.threads, "batch": batch, "note": notes.get(peer.name, "")}
            if peer.name in found:
                row |= found[peer.name] | {"foreign_cores": busy}
                row["sequences_per_second"] = 1e3 * batch / row["ms"]
                ours = [p.name for p in peers if p.ours and p.model == peer.model]
                best = min((found[name]["ms"] for name in ours if name in found), default=None)
                if best and not peer.ours:
                    row["ratio"] = row["ms"] / best
            rows.append(row)
        return rows

    def _worker(
        self, peer: Peer, batch: int, home: Path
    ) -> contextlib.AbstractContextManager[Worker]:
        request = {
            "name": peer.name,
            "checkout": str(peer.checkout.resolve()) if peer.checkout else None,
            "threads": self.threads,
            "length": self.length,
        }
        log = home / f"{peer.name.replace(' ', '-')}.log"
        # a peer must not find our modules: it runs the file alone, without our package around it
        program = ["-m", WORKER_MODULE] if peer.ours else ["-P", str(WORKER_FILE)]
        return started([str(peer.python), *program, json.dumps(request)], batch, log)


def recognise(path: Path, python: Path) -> Peer:
    """The peer that a checkout holds; raises BadData where it is no known one."""
    for file, (name, model, note) in CHECKOUTS.items():
        if (path / file).is_file():
            return Peer(name, model, python, path, note)
    known = " nor ".join(CHECKOUTS)
    raise BadData(f"{path} is no checkout of a known peer: it has neither {known}.")


def _note(error: Exception) -> str:
    return str(error) if isinstance(error, WorkerEnded) else timing.failure(error)
