"""Where compiled kernels are kept, and which of them this machine compiles now.

Needs neither torch nor numba, so that a display of progress can ask.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_PACKAGE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Compilation:
    """A kernel that a process of this machine compiles; `since` is when it began (Unix time)."""

    name: str
    since: float
    about_seconds: float


def compiling() -> list[Compilation]:
    """What is being compiled into the folder of kernels now, by any process, the oldest first."""
    place = folder()
    notes = place.glob("*.lock") if place and fcntl else ()
    found = [note for note in map(_note, notes) if note]
    return sorted(found, key=lambda note: note.since)


_left_to_display: list[bool] = []


def leave_to_display() -> None:
    """From now on this process does not print what it compiles: a display shows it already."""
    _left_to_display.append(True)


def is_left_to_display() -> bool:
    """Whether a display shows what this process compiles."""
    return bool(_left_to_display)


def folder() -> Path | None:
    """Where compiled kernels are kept; None where no folder for them can be written.

    NUMBA_CACHE_DIR if it is set, else beside the sources, else in the user's folder of caches.
    """
    asked = os.environ.get("NUMBA_CACHE_DIR", "")
    return _first_writable(asked, os.path.expanduser("~"), os.environ.get("XDG_CACHE_HOME", ""))


@cache
def _first_writable(asked: str, home: str, caches: str) -> Path | None:
    # copies of the package have folders of their own
    own = "memnets_" + hashlib.sha256(str(_PACKAGE).encode()).hexdigest()[:12]
    places = [_PACKAGE / "backends" / "numba" / "__pycache__"]
    if asked:
        places.insert(0, Path(asked) / own)
    if os.path.isabs(home) or caches:
        places.append(Path(caches or _caches_of(home)) / own)
    return next(filter(_is_writable, places), None)


def _caches_of(home: str) -> str:
    match sys.platform:
        case "win32":
            return os.environ.get("LOCALAPPDATA", os.path.join(home, "AppData", "Local"))
        case "darwin":
            return os.path.join(home, "Library", "Caches")
        case _:
            return os.path.join(home, ".cache")


def _is_writable(place: Path) -> bool:
    try:
        place.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=place).close()
    except OSError:
        return False
    return True


@contextmanager
def turn(path: Path, name: str = "", about_seconds: float = 0.0) -> Iterator[None]:
    """Waits until no other process holds the file `path`, holds it, and removes it in the end.

    If there is a name, `compiling` shows it meanwhile. The system lets go of the file when a
    process is killed. Where files cannot be locked nobody waits.
    """
    descriptor = _locked(path)
    if descriptor is None:
        yield
        return
    try:
        if name:
            note = Compilation(name, time.time(), about_seconds)
            with suppress(OSError):
                os.write(descriptor, json.dumps(asdict(note)).encode())
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(descriptor)


def _locked(path: Path) -> int | None:
    """An open file that this process alone holds; None where that is not possible."""
    if not fcntl:
        return None
    while True:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError:
            os.close(descriptor)
            return None
        if _is_at(descriptor, path):
            os.truncate(descriptor, 0)
            return descriptor
        # whoever held it has removed it: another file may be there by now
        os.close(descriptor)


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def _note(path: Path) -> Compilation | None:
    """What the file says, if a process holds it."""
    try:
        with path.open() as file:
            if _is_held(file.fileno()):
                return Compilation(**json.load(file))
    # it was removed meanwhile, or has no note
    except (OSError, ValueError, TypeError):
        pass
    return None


def _is_held(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False
