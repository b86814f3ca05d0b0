"""Files that tasks read: what they hold decides, not where they lie."""

from __future__ import annotations

import hashlib
import zipfile
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
    # a name that cannot be one of a file, such as one with a NUL, is a ValueError
    except (OSError, ValueError) as error:
        raise BadFile(f"{path}: {getattr(error, 'strerror', None) or error}.") from error
    return _wanted(path, found, wanted)


def sha256_of_all(folder: str, paths: Iterable[Path], wanted: str = "") -> str:
    """One SHA-256 of the names and contents of some files of a folder; raises as `sha256_of`."""
    every = "\n".join(f"{path.name} {sha256_of(str(path))}" for path in paths)
    return _wanted(folder, hashlib.sha256(every.encode()).hexdigest(), wanted)


def read_npz(path: str, names: Iterable[str] | None = None) -> dict[str, np.ndarray]:
    """The arrays of a .npz file, all or those of these names; never pickled objects.

    Raises BadFile for a file that is none, is damaged, or lacks one of the names.
    """
    try:
        # np.load takes a .npy by any name, and gives an array
        with zipfile.ZipFile(path), np.load(path, allow_pickle=False) as file:
            wanted = file.files if names is None else tuple(names)
            if missing := [name for name in wanted if name not in file.files]:
                raise BadFile(f"{path}: {missing[0]} is not a file in the archive.")
            return {name: np.asarray(file[name]) for name in wanted}
    except BadFile:
        raise
    # what is damaged, encrypted or oddly packed can fail in any way that zipfile and numpy can
    except Exception as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise BadFile(f"{path}: it is no .npz file of plain arrays: {reason}") from error


def _wanted(path: str, found: str, wanted: str) -> str:
    if wanted not in ("", found):
        raise BadFile(f"{path}: its content is another: sha256 is {found:.12}…, not {wanted:.12}…")
    return found


def at_most_once(rng: np.random.Generator, available: int, count: int) -> np.ndarray:
    """So many different indices below `available` in random order; all where there are fewer."""
    return rng.permutation(available)[:count]
