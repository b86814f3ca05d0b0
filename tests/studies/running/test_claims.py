"""Claims: a trial is made by one process at a time, and never kept by one that has ended."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import pytest

from studies.running import claims
from studies.running.claims import Claimed, in_use, take
from studies.running.files import Unwritable

TRIAL = "0123456789ab"
KEEPS = """
    import os, sys, time
    from pathlib import Path
    from studies.running.claims import take

    claim = take(Path(sys.argv[1]), sys.argv[2])
    if sys.argv[3] == "forks" and not os.fork():
        print("taken", flush=True)
        time.sleep(60)
    if sys.argv[3] != "forks":
        print("taken", flush=True)
    time.sleep(60)
"""
RACE = """
    import sys
    from pathlib import Path
    from studies.running.claims import Claimed, take

    folder = Path(sys.argv[1])
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(100):
        trial = f"{number:012x}"
        try:
            claim = take(folder, trial)
        except Claimed:
            continue
        if not (folder / f"{trial}.done").exists():
            with (folder / "made").open("a") as file:
                file.write(f"{trial}\\n")
            (folder / f"{trial}.done").touch()
        claim.release()
"""


@pytest.fixture
def started():
    """Starts a script in a process of its own, in a session of its own, and waits for a line."""
    processes = []

    def start(script, *arguments):
        command = [sys.executable, "-W", "error", "-c", textwrap.dedent(script), *arguments]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        processes.append(subprocess.Popen(command, start_new_session=True, **pipes))
        assert processes[-1].stdout.readline()
        return processes[-1]

    yield start
    for process in processes:
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@pytest.fixture(params=["locks", "no locks"])
def locks(request, monkeypatch):
    """With the system's locks and without them."""
    if request.param == "no locks":
        monkeypatch.setattr("studies.running.files.fcntl", None)
    return request.param


def age(path, seconds):
    os.utime(path, (time.time() - seconds,) * 2)


def test_a_claim_that_another_process_looked_at_while_it_was_made_is_no_lost_one(
    tmp_path, monkeypatch
):
    path, lock, glances = tmp_path / "claims" / TRIAL, claims.lock, []

    def seen_first(handle, *, shared):
        if not glances:
            glances.append(os.open(path, os.O_RDWR))
            assert lock(glances[0], shared=False)
            threading.Timer(0.1, os.close, glances).start()
        return lock(handle, shared=shared)

    monkeypatch.setattr(claims, "lock", seen_first)
    claim = take(tmp_path, TRIAL)
    assert glances
    with pytest.raises(Claimed):
        take(tmp_path, TRIAL)
    claim.release()
    take(tmp_path, TRIAL).release()


def test_a_trial_is_one_process_at_a_time(tmp_path, locks):
    claim = take(tmp_path, TRIAL)
    with pytest.raises(Claimed, match=f"{TRIAL} is being made by process {os.getpid()} on "):
        take(tmp_path, TRIAL)
    take(tmp_path, "ba9876543210").release()
    claim.require_held()
    claim.release()
    take(tmp_path, TRIAL).release()
    assert list((tmp_path / "claims").iterdir()) == []


@pytest.mark.parametrize("how", ["keeps", "forks"])
def test_a_killed_process_keeps_no_trial_nor_does_what_it_forked(tmp_path, started, how):
    pytest.importorskip("fcntl")
    process = started(KEEPS, str(tmp_path), TRIAL, how)
    with pytest.raises(Claimed, match=f"made by process {process.pid} on"):
        take(tmp_path, TRIAL)
    process.kill()
    process.wait()
    take(tmp_path, TRIAL).release()


def test_another_machine_takes_a_trial_over_once_its_owner_is_silent(tmp_path, locks, monkeypatch):
    claim = take(tmp_path, TRIAL)
    path = tmp_path / "claims" / TRIAL
    # a lock that does not reach the other machine
    monkeypatch.setattr(claims, "_machine", lambda: "another")
    monkeypatch.setattr("studies.running.files.fcntl", None)
    with pytest.raises(Claimed):
        take(tmp_path, TRIAL)
    age(path, claims.STALE + 5)
    later = take(tmp_path, TRIAL)
    assert json.loads(path.read_text())["machine"] == "another"
    with pytest.raises(Claimed, match=f"{TRIAL} was taken over by process"):
        claim.require_held()
    claim.release()
    later.require_held()
    later.release()


def test_a_lock_alone_does_not_prove_that_the_owner_on_another_machine_has_ended(
    tmp_path, monkeypatch
):
    path = tmp_path / "claims" / TRIAL
    path.parent.mkdir()
    path.write_text('{"host": "far", "machine": "another", "process": 7, "token": "x"}')
    with pytest.raises(Claimed, match="made by process 7 on far"):
        take(tmp_path, TRIAL)
    age(path, claims.STALE + 5)
    take(tmp_path, TRIAL).release()
    assert not list(path.parent.iterdir())


def test_the_owner_shows_that_it_lives(tmp_path, locks, monkeypatch):
    monkeypatch.setattr(claims, "BEAT", 0.02)
    claim = take(tmp_path, TRIAL)
    path = tmp_path / "claims" / TRIAL
    age(path, 1_000)
    deadline = time.monotonic() + 10
    while time.time() - path.stat().st_mtime > 100 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert time.time() - path.stat().st_mtime < 100
    claim.release()


def test_processes_that_race_make_each_trial_once(tmp_path, started):
    processes = [started(RACE, str(tmp_path)) for _ in range(3)]
    for process in processes:
        process.stdin.write(b"\n")
        process.stdin.flush()
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    made = (tmp_path / "made").read_text().split()
    assert sorted(made) == [f"{number:012x}" for number in range(100)]


def test_what_ended_processes_left_is_removed_and_what_is_made_is_in_use(tmp_path, started):
    pytest.importorskip("fcntl")
    process = started(KEEPS, str(tmp_path), TRIAL, "keeps")
    (tmp_path / "claims" / "token.run").touch()
    assert in_use(tmp_path)
    assert (tmp_path / "claims" / "token.run").exists()
    process.kill()
    process.wait()
    assert not in_use(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "claims").write_text("")
    with pytest.raises(Unwritable, match="claims.* cannot be written"):
        take(tmp_path, TRIAL)
