"""Files that survive a crash: written whole or not at all, or grown line by line."""

from __future__ import annotations

import contextlib
import errno
import io
import json
import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from ..design.data import BadData

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


class Unwritable(OSError):
    """A result could not be written (disk full, read-only, …); what was written before is safe."""

    def __str__(self) -> str:
        return (
            f"{self.filename} cannot be written: {self.strerror}. "
            f"Nothing written before is lost; {self._remedy} and run the same command again."
        )

    @property
    def _remedy(self) -> str:
        if self.errno in (errno.ENOSPC, errno.EDQUOT):
            return "make room"
        if self.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
            return "give yourself the right to write there, or take another folder,"
        return "mend that"


class NotResults(BadData):
    """The folder holds no results, or something in it cannot be read; the message is one line."""


def lock(handle: int, *, shared: bool) -> bool | None:
    """Lock an open file, at once or not at all; None where the system cannot.

    The system lets go when the process ends, however it ends.
    """
    if fcntl is None:
        return None
    try:
        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def write_whole(path: Path, data: bytes) -> None:
    """Write under a temporary name, then rename: readers see the old file or the new one."""
    # processes of two machines may have one number
    partial = path.with_name(f"{path.name}.{uuid.uuid4().hex[:8]}.partial")
    with clear_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            partial.write_bytes(data)
            os.replace(partial, path)
        except OSError:
            with contextlib.suppress(OSError):
                partial.unlink()
            raise


def add_line(path: Path, line: str) -> None:
    """Append one line; the half line that a crash may have left at the end is cut off first.

    The folder must be there: one that was deleted is not made again for a part of its rows.
    """
    with clear_errors(path):
        with path.open("ab+", buffering=0) as file:
            _cut_half_line(file)
            data = f"{line}\n".encode()
            while data:
                data = data[file.write(data) :]


def read_json(path: Path, remedy: str) -> Any:
    """The JSON in a file; raises NotResults, with the file's name and the remedy.

    NaN and Infinity, which Python would take, are not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse_constant)
    except (OSError, ValueError, RecursionError) as error:
        raise NotResults(f"{path} cannot be read: {error}. {remedy}") from error


def read_object(path: Path, remedy: str) -> dict[str, Any]:
    """The JSON object in a file; raises NotResults, with the file's name and the remedy."""
    data = read_json(path, remedy)
    if not isinstance(data, dict):
        raise NotResults(f"{path} holds {data!r:.60}, not an object of names and values. {remedy}")
    return data


def refuse_constant(name: str) -> NoReturn:
    """Raises ValueError for NaN, Infinity or -Infinity among JSON."""
    raise ValueError(f"{name} is no finite number")


def read_lines(path: Path) -> list[str]:
    """The whole lines of a file, none if it is not there."""
    try:
        whole, _, _ = path.read_bytes().rpartition(b"\n")
    except FileNotFoundError:
        return []
    return whole.decode().splitlines()


def last_lines(path: Path, size: int = 65_536) -> list[str]:
    """The whole lines within the last `size` bytes of a file, none if it is not there."""
    try:
        with path.open("rb") as file:
            start = max(0, file.seek(0, os.SEEK_END) - size)
            file.seek(start)
            whole, _, _ = file.read().rpartition(b"\n")
    except FileNotFoundError:
        return []
    lines = whole.split(b"\n")
    return [line.decode() for line in (lines[1:] if start else lines) if line]


def cut_half_line(path: Path) -> None:
    """Cut off the half line that a crash may have left at the end; nothing where no file is."""
    with clear_errors(path), contextlib.suppress(FileNotFoundError):
        with path.open("rb+", buffering=0) as file:
            _cut_half_line(file)


def _cut_half_line(file: io.FileIO) -> None:
    end = file.seek(0, os.SEEK_END)
    kept, step = end, 65_536
    while kept:
        start = max(0, kept - step)
        file.seek(start)
        newline = file.read(kept - start).rfind(b"\n")
        kept = start if newline < 0 else start + newline + 1
        if newline >= 0:
            break
    if kept < end:
        file.truncate(kept)


@contextlib.contextmanager
def clear_errors(path: Path) -> Iterator[None]:
    """Errors of the system as Unwritable, one line that names the path."""
    try:
        yield
    except OSError as error:
        raise Unwritable(error.errno, error.strerror or str(error), str(path)) from error
