"""attempts.jsonl: the attempts at a trial that failed before the last one, a line each."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .files import NotResults, add_line, clear_errors, read_lines, read_object, refuse_constant
from .rows_file import DONE

FAILED = "failed.json"
ATTEMPTS = "attempts.jsonl"
KEPT = ("started", "finished", "error")
"""What is known of an attempt; of one whose worker died, the error alone."""


def has_failed(folder: Path) -> bool:
    """Whether the last attempt at the trial in a folder failed."""
    return (folder / FAILED).is_file() and not (folder / DONE).is_file()


def put_aside(folder: Path) -> None:
    """Make the failure in a trial's folder, if there is one, an earlier attempt.

    Raises Unwritable. A failure that cannot be read is forgotten.
    """
    path = folder / FAILED
    if not path.is_file():
        return
    with contextlib.suppress(NotResults):
        add_line(folder / ATTEMPTS, json.dumps(_kept(read_object(path, ""))))
    with clear_errors(path):
        path.unlink()


def read_attempts(folder: Path) -> list[dict[str, Any]]:
    """All attempts at a trial that failed, in their order, with what is known of `KEPT`.

    A process that died while it put a failure aside has left it in both files: it counts once.
    Raises NotResults for a file that cannot be read.
    """
    found = list(_earlier(folder / ATTEMPTS))
    if (folder / FAILED).is_file():
        found.append(_kept(read_object(folder / FAILED, "Delete it and run the study again.")))
    pairs = zip([None, *found], found, strict=False)
    return [one for before, one in pairs if one != before or one["started"] is None]


def _earlier(path: Path) -> Iterator[dict[str, Any]]:
    decode = json.JSONDecoder(parse_constant=refuse_constant).decode
    try:
        for line in read_lines(path):
            found = decode(line)
            if not isinstance(found, dict):
                raise ValueError(f"it holds {found!r:.60}, not an object of names and values")
            yield _kept(found)
    except (OSError, ValueError, RecursionError) as error:
        raise NotResults(
            f"{path} cannot be read: {error}. Delete it: the time of these attempts alone is lost."
        ) from error


def _kept(said: Mapping[str, Any]) -> dict[str, Any]:
    return {name: said.get(name) for name in KEPT}
