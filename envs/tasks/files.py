"""Files that tasks read: what they hold decides, not where they lie."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np


class BadFile(ValueError):
    """A file that is not what it should be; the message is one line that names the file."""


def sha256_of(path: str, wanted: str = "") -> str:
    """The SHA-256 of a file's content.

    Raises BadFile where the file cannot be read, and where it is not the one that is wanted.
    """
    try:
        found = hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError as error:
        raise BadFile(f"{path}: {error.strerror or error}.") from error
    return _wanted(path, found, wanted)


def sha256_of_all(folder: str, paths: Iterable[Path], wanted: str = "") -> str:
    """One SHA-256 of the names and contents of some files of a folder; raises as `sha256_of`."""
    every = "\n".join(f"{path.name} {sha256_of(str(path))}" for path in paths)
    return _wanted(folder, hashlib.sha256(every.encode()).hexdigest(), wanted)


def _wanted(path: str, found: str, wanted: str) -> str:
    if wanted not in ("", found):
        raise BadFile(f"{path}: its content is another: sha256 is {found:.12}…, not {wanted:.12}…")
    return found


def at_most_once(rng: np.random.Generator, available: int, count: int) -> np.ndarray:
    """So many different indices below `available` in random order; all where there are fewer."""
    return rng.permutation(available)[:count]
