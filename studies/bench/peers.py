"""Other implementations beside ours, on the same task, in one run."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from ..design.data import BadData
from .machine import Load, describe, usable_cores
from .measurements import Measurements
from .rounds import failure, interleave, summary, warm_up
from .turns import Turns

Row = dict[str, Any]

_NOT_COVERED = re.compile(r"^[\w.]*NotCovered: ")
_WORKER = Path(__file__).with_name("peer_worker.py")


class Peer(NamedTuple):
    """An implementation: what it is called, what it models, and what must be known of its time."""

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
# project on the package index -> adapter of peer_worker.py, model, what must be known
PUBLISHED = {"dnc==1.1.0": ("pytorch-dnc", "dnc", NO_RECURRENCE)}
# a file that tells a checkout -> the same
CHECKOUTS = {
    "ntm/aio.py": ("pytorch-ntm", "ntm", "without its bit-error metric"),
    "Models/DNC.py": ("csordas-dnc", "dnc", "masks, deallocation and link sharpness off"),
}


@dataclass(frozen=True)
class BenchPeers:
    """Time other implementations and ours side by side: one full training step of the copy task.

    Makes an environment of its own in FOLDER/bench/peers/venv, with this torch and numpy, and
    installs into it what is on the package index: `dnc`, which is ixaxaar/pytorch-dnc. Others are
    taken from a checkout: `--checkout PATH` with a clone of loudinthecloud/pytorch-ntm or of
    RobertCsordas/dnc. Their code runs in processes of its own and is never copied.

    Everybody does the same: a batch of 8-bit vectors, memory 128 × 20, an LSTM of 100, the DNC with
    4 read heads; draw a batch, forward, backward, clip at norm 10, RMSprop. All take turns within
    every round.
    """

    checkout: tuple[Path, ...] = ()
    """Clones to time as well; which peer one is, its files tell."""
    batches: tuple[int, ...] = (1, 16, 64)
    threads: int = field(default_factory=lambda: min(2, usable_cores()))
    length: int = 20
    """Vectors to copy; a sequence then has 2 × length + 2 steps."""
    repeats: int = 9
    """Rounds per batch size; times are medians over them."""
    backends: tuple[str, ...] = ("reference", "fused")
    """Ours, to be set beside theirs."""
    install: bool = True
    """Whether to install what is on the package index; else checkouts alone."""
    folder: Path = Path("runs")

    def __call__(self) -> Measurements:
        self._check()
        cloned = [recognise(path, Path(sys.executable)) for path in self.checkout]
        machine = describe("cpu", self.threads)
        home = self.folder / "bench" / "peers"
        home.mkdir(parents=True, exist_ok=True)
        rows: list[Row] = []
        theirs: list[Peer] = []
        load, interrupted = Load(), False
        with Turns("bench peers", len(self.batches)) as turns:
            try:
                theirs = [*self._published(home, turns), *cloned]
                mine = self._ours([peer.model for peer in theirs])
                for batch in self.batches:
                    rows += self._beside([*mine, *theirs], batch, home, turns)
                    turns.advance()
            except KeyboardInterrupt:
                interrupted = True
        # the workers have ended by now, and count as ours
        machine["foreign_cores"] = load.foreign()
        notes = [
            f"Copy of exactly {self.length} vectors of 8 bits; one step is drawing a batch, "
            "forward, backward, clipping and RMSprop. `Ours is faster by` is the other's time over "
            "that of our fastest backend of the same model, from the same rounds.",
            *(f"{peer.name} {peer.note}." for peer in theirs if peer.note),
        ]
        return Measurements("peers", self.folder, machine, rows, tuple(notes), interrupted)

    def _check(self) -> None:
        from memnets.backends import require_backend

        for name in self.backends:
            require_backend(name)
        for name in ("threads", "length", "repeats"):
            if getattr(self, name) < 1:
                raise BadData(f"{name} is {getattr(self, name)}; it must be at least 1.")
        if not self.install and not self.checkout:
            raise BadData("no peer to time: leave out --no-install, or name a --checkout.")
        if not self.batches or min(self.batches) < 1:
            raise BadData(f"batches is {self.batches}; all must be at least 1.")

    def _ours(self, models: list[str]) -> list[Peer]:
        """Ours of the same kinds, on every backend asked for."""
        return [
            Peer(f"memnets {model} {backend}", model, Path(sys.executable))
            for model in dict.fromkeys(models)
            for backend in self.backends
        ]

    def _published(self, home: Path, turns: Turns) -> list[Peer]:
        if not self.install:
            return []
        from .peer_environment import prepared

        turns.say("installing the peers that are on the package index")
        python = prepared(home / "venv", tuple(PUBLISHED), home / "install.log")
        return [Peer(name, model, python, note=note) for name, model, note in PUBLISHED.values()]

    def _beside(self, peers: list[Peer], batch: int, home: Path, turns: Turns) -> list[Row]:
        """A row per implementation at one batch size."""
        failed: dict[str, str] = {}
        last: dict[str, float] = {}
        with contextlib.ExitStack() as stack:
            workers = {}
            for peer in peers:
                turns.say(f"batch {batch}: warming up {peer.name}")
                try:
                    worker = stack.enter_context(self._worker(peer, batch, home))
                    worker.run(1)
                    last[peer.name] = warm_up(worker.run)
                except Exception as error:
                    failed[peer.name] = _note(error)
                else:
                    workers[peer.name] = worker
            turns.say(f"batch {batch}: {self.repeats} rounds of {len(workers)} implementations")
            load = Load()
            for worker in workers.values():
                worker.cpu_seconds = 0.0
            runs = {name: worker.run for name, worker in workers.items()}
            times, ended = interleave(runs, self.repeats, last)
            busy = load.foreign(sum(worker.cpu_seconds for worker in workers.values()))
        failed |= {name: _note(error) for name, error in ended.items()}
        found = {name: summary(values) for name, values in times.items()}
        rows: list[Row] = []
        for peer in peers:
            row: Row = {"implementation": peer.name, "model": peer.model, "ours": peer.ours}
            row |= {"threads": self.threads, "batch": batch, "note": failed.get(peer.name, "")}
            if peer.name in found:
                row |= found[peer.name] | {"foreign_cores": busy}
                row["sequences_per_second"] = 1e3 * batch / row["ms"]
                best = min(
                    (found[p.name]["ms"] for p in peers if _same(p, peer) and p.name in found),
                    default=None,
                )
                if best and not peer.ours:
                    row["ratio"] = row["ms"] / best
            rows.append(row)
        return rows

    @contextlib.contextmanager
    def _worker(self, peer: Peer, batch: int, home: Path) -> Iterator[_Worker]:
        asked = {
            "name": peer.name,
            "checkout": str(peer.checkout.resolve()) if peer.checkout else None,
            "threads": self.threads,
            "length": self.length,
        }
        log = home / f"{peer.name.replace(' ', '-')}.log"
        with log.open("w", encoding="utf-8") as errors:
            # ours is found where this process found it; a peer must not see the modules beside
            program = ["-m", f"{__package__}.peer_worker"] if peer.ours else ["-P", str(_WORKER)]
            process = subprocess.Popen(
                [str(peer.python), *program, json.dumps(asked)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
            try:
                yield _Worker(process, batch, log)
            finally:
                process.kill()
                process.communicate()


class WorkerEnded(RuntimeError):
    """An implementation failed; the message is the last line that it wrote."""


class _Worker:
    def __init__(self, process: subprocess.Popen[str], batch: int, log: Path) -> None:
        self._process, self._batch, self._log = process, batch, log
        self.cpu_seconds = 0.0

    def run(self, steps: int) -> float:
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


def recognise(path: Path, python: Path) -> Peer:
    """Which peer a checkout is; raises BadData where it is none that we know."""
    for file, (name, model, note) in CHECKOUTS.items():
        if (path / file).is_file():
            return Peer(name, model, python, path, note)
    known = " nor ".join(CHECKOUTS)
    raise BadData(f"{path} is no checkout of a known peer: it has neither {known}.")


def _note(error: Exception) -> str:
    return str(error) if isinstance(error, WorkerEnded) else failure(error)


def _same(one: Peer, other: Peer) -> bool:
    return one.ours and one.model == other.model
