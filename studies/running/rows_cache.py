"""metrics.cache: the rows of a finished trial as columns, for loading them again in less time.

    a line of the SHA-256 of all that follows
    a line of JSON: stamp, constants, count and columns, each with its name, dtype and words
    the values of each column, one after the other, little-endian

It holds nothing that trial.json and metrics.jsonl do not hold, and may be deleted at any time. The
stamp is made from all bytes of those two, not from their times: a copy is as good as the original,
and no change goes unseen, however it was made. A file that is torn, of another trial, of other rows
or of another version is not read.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from .columns import Column, Columns

CACHE = "metrics.cache"
VERSION = 1
"""Of this format, and of how trial.json and rows become constants and columns."""


class Loaded(NamedTuple):
    """A trial as it is loaded: the columns that are the same in all its rows, and its rows."""

    constants: Mapping[str, Any]
    rows: Columns


def stamp(name: str, trial: bytes, rows: bytes) -> str:
    """What tells a trial's description and rows from any others, given its folder's name."""
    parts = (hashlib.sha256(part).hexdigest() for part in (trial, rows))
    return " ".join((f"memnets rows {VERSION}", name, *parts))


def read(folder: Path, wanted: str) -> Loaded | None:
    """What was kept in a trial's folder; None where that is not whole, or of another stamp."""
    try:
        data = (folder / CACHE).read_bytes()
    except OSError:
        return None
    digest, _, rest = data.partition(b"\n")
    if digest != _digest(rest):
        return None
    try:
        header, _, values = rest.partition(b"\n")
        said = json.loads(header)
        if said["stamp"] != wanted:
            return None
        count, found, place = said["count"], {}, 0
        for column in said["columns"]:
            dtype, words = np.dtype(column["dtype"]), column["words"]
            array = np.frombuffer(values, dtype, count, place)
            place += array.nbytes
            found[column["name"]] = Column(array, None if words is None else tuple(words))
        return Loaded(said["constants"], Columns(count, found))
    except (ValueError, LookupError, TypeError):
        # whole, but written by something else
        return None


def write(folder: Path, stamp: str, loaded: Loaded) -> None:
    """Keep a trial's columns beside its rows, or not where that folder cannot be written."""
    columns = [
        {"name": name, "dtype": column.values.dtype.newbyteorder("<").str, "words": column.words}
        for name, column in loaded.rows.by_name.items()
    ]
    said: dict[str, Any] = {"stamp": stamp, "constants": dict(loaded.constants)}
    said |= {"count": loaded.rows.height, "columns": columns}
    rest = json.dumps(said).encode() + b"\n"
    for values, _ in loaded.rows.by_name.values():
        rest += values.astype(values.dtype.newbyteorder("<")).tobytes()
    partial = folder / f"{CACHE}.{uuid.uuid4().hex[:8]}.partial"
    # unlike results, this is not worth an error, and a folder that went away stays away
    with contextlib.suppress(OSError):
        try:
            partial.write_bytes(_digest(rest) + b"\n" + rest)
            os.replace(partial, folder / CACHE)
        except OSError:
            partial.unlink()


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).hexdigest().encode()
