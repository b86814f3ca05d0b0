"""Which process makes a trial: a file that one process at a time holds for as long as it lives.

The system's lock on the file tells the processes of one machine apart: it is gone with its process,
however that ends. A shared folder may not carry locks from one machine to another, so the owner
also touches the file every few seconds, and another machine takes it over once that has stopped.
"""

from __future__ import annotations

import calendar
import contextlib
import json
import os
import platform
import threading
import time
import uuid
import weakref
from functools import cache
from pathlib import Path
from typing import Any, final

from .files import Unwritable, clear_errors, lock

FOLDER = "claims"
"""Where the claims of a study lie, in its folder."""
BEAT = 10.0
"""Seconds between two signs of life of a claim's owner."""
TIME = "%Y-%m-%dT%H:%M:%SZ"
STALE = 60.0
"""Seconds without one after which another machine takes a trial over."""
GLANCE = 1.0
"""Seconds for which whoever makes a claim waits for processes that look whose it is."""


class Claimed(Exception):
    """Another process makes the trial now; nothing is wrong with it."""


@final
class Claim:
    """A trial that this process makes and no other; `release` lets go of it."""

    def __init__(self, path: Path, token: str, handle: int | None) -> None:
        self._path, self._token = path, token
        # the lock, where there is one, goes with it
        self._handle = handle
        _held.add(self)
        self._over = threading.Event()
        name = f"memnets claim {path.name}"
        threading.Thread(target=self._beat, name=name, daemon=True).start()

    def require_held(self) -> None:
        """Raise Claimed where another machine has taken the trial over meanwhile."""
        if self._there() not in (self._token, None):
            raise Claimed(f"{self._path.name} was taken over by {_owner(self._path)}")

    def release(self) -> None:
        """Let other processes have the trial."""
        self._over.set()
        _held.discard(self)
        with contextlib.suppress(OSError):
            if self._there() == self._token:
                self._path.unlink()
        self.forget()

    def forget(self) -> None:
        """Close the file, as in a forked child: the lock stays with the process that took it."""
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)

    def _beat(self) -> None:
        while not self._over.wait(BEAT):
            with contextlib.suppress(OSError):
                if self._there() == self._token:
                    os.utime(self._path)

    def _there(self) -> str | None:
        """Whose claim the file is now; None where it is gone, or being written."""
        return _said(self._path).get("token")


_held: weakref.WeakSet[Claim] = weakref.WeakSet()


def _forget_all() -> None:
    for claim in list(_held):
        claim.forget()


if hasattr(os, "register_at_fork"):
    # what a procedure forks may outlive it, and must not keep its trial
    os.register_at_fork(after_in_child=_forget_all)


def take(folder: Path, trial: str) -> Claim:
    """Claim a trial of the study in `folder`, given its id.

    Raises Claimed where another process has it, and Unwritable.
    """
    path = folder / FOLDER / trial
    with clear_errors(path):
        while True:
            path.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(FileNotFoundError):
                found = _taken(path)
                if found is not None:
                    return found


def since(folder: Path, trial: str, now: float) -> float | None:
    """When a process began to make a trial, in seconds of `time.time`; None where none does.

    Nothing is locked, so that a process that was killed counts for as long as it may be asleep.
    """
    path = folder / FOLDER / trial
    try:
        if now - path.stat().st_mtime > STALE:
            return None
        said = time.strptime(_said(path)["since"], TIME)
    except (OSError, KeyError, ValueError):
        return None
    return float(calendar.timegm(said))


def in_use(folder: Path) -> bool:
    """Whether a process makes a trial of the study; what ended processes left here is removed.

    Meant for a process that has the folder to itself, as far as locks reach.
    """
    left = sorted((folder / FOLDER).glob("*"))
    for path in left:
        if path.suffix:
            continue
        try:
            take(folder, path.name).release()
        except Claimed:
            return True
        except Unwritable:
            # nobody can make a trial where nothing can be written
            return False
    with contextlib.suppress(OSError):
        for path in left:
            path.unlink(missing_ok=True)
        (folder / FOLDER).rmdir()
    return False


def _taken(path: Path) -> Claim | None:
    """One attempt; None where the file went away meanwhile."""
    try:
        handle, new = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL), True
    except FileExistsError:
        handle, new = os.open(path, os.O_RDWR), False
    try:
        locked = _locked(handle, GLANCE if new else 0)
        if locked is False or not (new or _is_void(path, bool(locked))):
            raise Claimed(f"{path.name} is being made by {_owner(path)}")
        if not os.path.samestat(os.fstat(handle), os.stat(path)):
            return None
        if locked is None and not new:
            # only one process can make it anew
            path.unlink()
            return None
        token = uuid.uuid4().hex
        try:
            os.ftruncate(handle, 0)
            os.write(handle, json.dumps({"token": token, **_this_process()}).encode())
        except OSError:
            path.unlink()
            raise
        kept, handle = (handle, -1) if locked else (None, handle)
        return Claim(path, token, kept)
    finally:
        if handle >= 0:
            os.close(handle)


def _locked(handle: int, patience: float) -> bool | None:
    """Lock an open claim as `files.lock` does, and try for so many seconds."""
    until = time.monotonic() + patience
    while (locked := lock(handle, shared=False)) is False and time.monotonic() < until:
        time.sleep(0.01)
    return locked


def _is_void(path: Path, locked: bool) -> bool:
    """Whether the owner of a claim that is there has ended; `locked` if this process got its lock.

    The lock is proof for a process of this machine only.
    """
    if locked and _said(path).get("machine") == _machine():
        return True
    # by the clock of the disk, which may be another machine's
    probe = path.with_name(f"{uuid.uuid4().hex}.now")
    try:
        probe.touch()
        return probe.stat().st_mtime - path.stat().st_mtime > STALE
    finally:
        with contextlib.suppress(OSError):
            probe.unlink()


def _owner(path: Path) -> str:
    said = _said(path)
    return f"process {said['process']} on {said['host']}" if said else "another process"


def _said(path: Path) -> dict[str, Any]:
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        return said if {"host", "machine", "process", "token"} <= said.keys() else {}
    except (OSError, ValueError, AttributeError):
        return {}


def _this_process() -> dict[str, Any]:
    now = time.strftime(TIME, time.gmtime())
    return {
        "host": platform.node(),
        "machine": _machine(),
        "process": os.getpid(),
        "since": now,
    }


@cache
def _machine() -> str:
    """The same for all processes among which locks are kept: those of one running system."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return platform.node()
