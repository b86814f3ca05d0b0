"""A study that is killed, and taken up again by the same command."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from studies import ResultStore

from ..recorders import rows_of, timeless

ROOT = Path(__file__).resolve().parents[3]

UPDATES = 120

STUDY = """
    import sys
    from memnets.spec import ModelSpec
    from studies import ResultStore, Study, TaskSpec, Supervised, run

    small = dict(controller_size=4, cell_options={"slots": 4, "width": 3})
    study = Study(
        name="long",
        question="Does it survive?",
        tasks={"copy": TaskSpec("copy", {"width": 2, "max_length": 2})},
        models={kind: ModelSpec("ntm", kind, **small) for kind in ("soft", "reinforce")},
        procedure=Supervised(updates=int(sys.argv[2]), batch_size=2, evaluate_every=3,
                          test_lengths=(1, 2), test_sequences=2),
        seeds=(0, 1),
    )
    if __name__ == "__main__":
        print(run(study, ResultStore(sys.argv[1]), workers=2))
"""


def kill_midway(command, folder):
    """Start the study, kill it once one trial is done and another begun, with all its family."""
    process = subprocess.Popen(command, start_new_session=True, cwd=ROOT)
    deadline = time.monotonic() + 100
    while process.poll() is None and time.monotonic() < deadline:
        sizes = {path.parent: path.stat().st_size for path in folder.glob("*/metrics.jsonl")}
        done = [size for trial, size in sizes.items() if (trial / "done.json").exists()]
        # far from its end: workers may go on for a moment when their driver is dead
        early = [size for size in sizes.values() if 1000 < size < max(done, default=0) / 2]
        if early:
            break
        time.sleep(0.02)
    assert process.poll() is None, "the study ended before it could be killed"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    # orphaned workers notice by themselves; no other run may start before they have
    while running_in(process.pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not running_in(process.pid), "orphaned workers go on"


def running_in(session):
    """Processes of a session that run; what has ended and was not waited for does not count."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, _, own = stat.read_text().rpartition(")")[2].split()[:4]
            if own == str(session) and state != "Z":
                found.append(stat)
    return found


@pytest.mark.slow
def test_a_study_killed_midway_goes_on_where_it_was(tmp_path, monkeypatch):
    script, folder = tmp_path / "long_study.py", tmp_path / "runs"
    script.write_text(textwrap.dedent(STUDY))
    command = [sys.executable, "-W", "error", str(script), str(folder), str(UPDATES)]
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    kill_midway(command, folder)
    finished = {path: path.stat().st_mtime_ns for path in folder.glob("*/done.json")}
    written = {path: path.read_bytes() for path in folder.glob("*/metrics.jsonl")}
    broken = next(path for path in written if path.with_name("done.json") not in finished)
    with broken.open("ab") as file:
        file.write(b'{"kind": "train", "st')

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    assert f"{4 - len(finished)} trials done, {len(finished)} were done before" in done.stdout
    for path, stamp in finished.items():
        assert path.stat().st_mtime_ns == stamp
    for path, data in written.items():
        whole, _, _ = data.rpartition(b"\n")
        assert path.read_bytes().startswith(whole)
        if path.with_name("done.json") in finished:
            assert path.read_bytes() == data
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        keys = [(row["step"], row["kind"], row["length"], row.get("address")) for row in rows]
        addresses = ("own", "soft", "one slot", "cut off")
        tests = [("test", length, address) for address in addresses for length in (1, 2)]
        at_the_end = [
            (UPDATES, "test", length, address)
            for address in ("frozen", "shuffled")
            for length in (1, 2)
        ]
        assert keys == [
            *(
                (step, *rest)
                for step in range(3, UPDATES + 1, 3)
                for rest in [("train", None, None), *tests]
            ),
            *at_the_end,
        ]
    killed = next(t for t in ResultStore(folder).trials() if t.id == broken.parent.name)
    in_one_go, _ = rows_of(killed)
    assert [timeless(row) for row in ResultStore(folder).rows(killed)] == in_one_go
