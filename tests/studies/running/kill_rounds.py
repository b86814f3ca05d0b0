"""Kills drivers and workers of a tiny study at random moments, again and again, and looks for harm.

    python tests/studies/running/kill_rounds.py --rounds 100

Each round is one SIGKILL: of a driver, of a worker, or of a driver with its workers, at a moment
drawn at random, and the next run starts at once. After each, every trial that was finished must be
as it was, and nothing may be torn. Studies that come to their end must have the rows of one that
nobody disturbed, times aside. Status 1 and a line for each fault where that is not so.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import dask
import distributed  # noqa: F401  (what runs need is imported once, before they are forked)
import psutil

from memnets.spec import ModelSpec
from studies import ResultStore, Study, Supervised, TaskSpec, run
from studies.procedures import training  # noqa: F401
from studies.running import workers as _workers  # noqa: F401
from studies.running.files import NotResults
from studies.running.verify import verify

SMALL = {"slots": 4, "width": 3}
STUDY = Study(
    name="killed",
    question="Does it survive?",
    tasks={"copy": TaskSpec("copy", {"width": 2, "max_length": 2})},
    models={
        "ntm": ModelSpec("ntm", "reinforce", controller_size=4, cell_options=SMALL),
        "none": ModelSpec("none", controller_size=4),
    },
    procedure=Supervised(
        updates=24,
        batch_size=1,
        evaluate_every=3,
        test_lengths=(1,),
        test_sequences=1,
        solved_errors=None,
        backend="reference",
    ),
    seeds=(0, 1, 2, 3),
)
KINDS = ("driver", "worker", "both")
MOST_FAULTS = 20
"""After so many, what is wrong is known, and a study may never come to its end."""


def start(folder: Path, workers: int) -> int:
    """The process of a run, forked from this one so that it begins at once."""
    sys.stdout.flush()
    process = os.fork()
    if process:
        return process
    os.setsid()
    said = os.open(log_of(folder, os.getpid()), os.O_WRONLY | os.O_CREAT)
    os.dup2(said, 1)
    os.dup2(said, 2)
    status = 70
    try:
        with dask.config.set({"distributed.worker.multiprocessing-method": "fork"}):
            summary = run(STUDY, ResultStore(folder), workers=workers, retries=1_000, quiet=True)
        status = int(summary.failed > 0)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def log_of(folder: Path, process: int) -> Path:
    """Where a run of the study in a folder prints."""
    return folder.with_name(f"{folder.name}-{process}.log")


def ended(process: int) -> int | None:
    """The exit status of a run, None while it goes on."""
    found, status = os.waitpid(process, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if found else None


def rows_of(store: ResultStore) -> dict[str, list[dict[str, object]]]:
    """The rows of all trials, times aside."""
    return {
        trial.id: [
            {name: row[name] for name in row if not name.startswith("seconds")}
            for row in store.rows(trial)
        ]
        for trial in STUDY.trials()
    }


@dataclass
class Rounds:
    """Rounds in one folder after another, and what was wrong."""

    draw: random.Random
    undisturbed: dict[str, list[dict[str, object]]]
    kills: Counter[str] = field(default_factory=Counter)
    studies: int = 0
    faults: list[str] = field(default_factory=list)

    def one_study(self, folder: Path, most: int) -> None:
        """Run a study to its end, with up to `most` kills on the way."""
        finished: dict[str, str] = {}
        runs: list[int] = []
        try:
            while True:
                runs = [run for run in runs if not self._over(folder, run)]
                if not runs and self._all_done(folder):
                    break
                if len(self.faults) > MOST_FAULTS:
                    break
                while len(runs) < (2 if self.draw.random() < 0.2 else 1):
                    runs.append(start(folder, self.draw.choice((0, 1, 2))))
                if self.kills.total() < most:
                    if self.draw.random() < 0.8:
                        _wait_for_rows(folder)
                    time.sleep(self.draw.random() ** 2 * 2)
                    self._kill(self.draw.choice(runs))
                    self._look(folder, finished)
                else:
                    time.sleep(0.1)
        finally:
            for run in runs:
                _kill_all(run)
        self._look(folder, finished)
        self._compare(folder)
        self.studies += 1

    def _over(self, folder: Path, run: int) -> bool:
        status = ended(run)
        if status not in (None, 0, -signal.SIGKILL):
            said = log_of(folder, run).read_text().splitlines()[-1:]
            self.faults.append(f"a run ended with status {status}: {''.join(said)}")
        return status is not None

    def _all_done(self, folder: Path) -> bool:
        return len(list(folder.glob("*/done.json"))) == len(list(STUDY.trials()))

    def _kill(self, run: int) -> None:
        children = _children(run)
        kind = self.draw.choice(KINDS if children else KINDS[:1])
        victims = {"driver": [run], "worker": children[:1], "both": [run, *children]}[kind]
        for victim in victims:
            with contextlib.suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
        self.kills[kind] += 1

    def _look(self, folder: Path, finished: dict[str, str]) -> None:
        """Finished trials are as they were, and the rows of all are whole."""
        for done in folder.glob("*/done.json"):
            name = done.parent.name
            files = [done.with_name(each) for each in ("trial.json", "metrics.jsonl", "done.json")]
            now = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
            if finished.setdefault(name, now) != now:
                self.faults.append(f"{done.parent} was finished and has changed")
        store = ResultStore(folder)
        for trial in STUDY.trials() if (folder / "study.json").is_file() else ():
            try:
                store.rows(trial)
            except NotResults as error:
                self.faults.append(str(error))
        for name in finished:
            if not (folder / name / "done.json").is_file():
                self.faults.append(f"{folder / name} was finished and is not any more")

    def _compare(self, folder: Path) -> None:
        store = ResultStore(folder)
        self.faults += [finding.text for finding in verify(store)]
        self.faults += [f"{path} is left" for path in folder.rglob("failed.json")]
        if rows_of(store) != self.undisturbed:
            self.faults.append(f"{folder}: rows differ from those of an undisturbed run")


def _wait_for_rows(folder: Path, longest: float = 10.0) -> None:
    """Until a trial has more rows than now, or for so many seconds."""
    before, deadline = _sizes(folder), time.monotonic() + longest
    while _sizes(folder) == before and time.monotonic() < deadline:
        time.sleep(0.01)


def _sizes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*/metrics.jsonl"))


def _children(run: int) -> list[int]:
    try:
        return [child.pid for child in psutil.Process(run).children(recursive=True)]
    except psutil.Error:
        return []


def _kill_all(run: int) -> None:
    for process in (*_children(run), run):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(run, 0)


def kill_rounds(rounds: int, seed: int, folder: Path) -> Rounds:
    """So many kills, in studies below a folder that is empty."""
    store = ResultStore(folder / "undisturbed")
    run(STUDY, store, workers=0, quiet=True)
    done = Rounds(random.Random(seed), rows_of(store))
    while done.kills.total() < rounds and not done.faults:
        done.one_study(folder / str(done.studies), rounds)
    return done


def main() -> int:
    """Kill as often as was asked for, and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=100, help="how many kills (100)")
    parser.add_argument("--seed", type=int, default=0, help="of the moments and the victims (0)")
    options = parser.parse_args()
    folder, began = Path(tempfile.mkdtemp(prefix="kill-rounds-")), time.monotonic()
    done = kill_rounds(options.rounds, options.seed, folder)
    seconds = time.monotonic() - began
    kills = ", ".join(f"{kind} {done.kills[kind]}" for kind in KINDS)
    print(f"{done.kills.total()} kills ({kills}) in {done.studies} studies, {seconds:.0f} s")
    print(*done.faults or ["nothing lost, nothing torn, the rows of an undisturbed run"], sep="\n")
    if done.faults:
        print(f"the folders are kept in {folder}")
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
