"""A trial's rows and whether they are all there: metrics.jsonl beside the count in done.json."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

from ..design.data import BadData
from ..design.settings import whole
from ..procedures.base import Procedure, Row
from .columns import Columns
from .files import NotResults, read_object, refuse_constant

ROWS = "metrics.jsonl"
DONE = "done.json"


def read_rows(folder: Path) -> list[Row]:
    """The rows in a trial's folder, without a half-written last one.

    Raises NotResults, with the file and the line, for a line that is no JSON object of finite
    numbers, and where rows of a finished trial are gone.
    """
    data = read_bytes(folder)
    rows = list(parsed(folder, data))
    require_all(folder, data)
    return rows


def read_bytes(folder: Path) -> bytes:
    """The whole lines of the rows, as they are on disk; none where there is no file."""
    try:
        data = (folder / ROWS).read_bytes()
    except FileNotFoundError:
        return b""
    return data[: data.rfind(b"\n") + 1]


def parsed(folder: Path, data: bytes) -> Iterator[Row]:
    """The rows in these bytes of metrics.jsonl; raises NotResults as `read_rows` does."""
    decode = json.JSONDecoder(parse_constant=refuse_constant).decode
    for number, line in enumerate(data.split(b"\n")[:-1], 1):
        try:
            row = decode(line.decode())
        except (ValueError, RecursionError) as error:
            _refuse(folder, number, f"is not JSON: {error}")
        if not isinstance(row, dict):
            _refuse(folder, number, f"is {row!r:.60}, not an object of columns and values")
        yield row


def read_columns(folder: Path, data: bytes, constants: Mapping[str, Any]) -> Columns:
    """The rows in these bytes as columns; a row without a column has the constant of its name.

    Raises NotResults as `read_rows` does.
    """
    rows = list(parsed(folder, data))
    shared = {name: constants[name] for name in set().union(*rows) & constants.keys()}
    try:
        return Columns.of([{**shared, **row} for row in rows] if shared else rows)
    except BadData as error:
        _damaged(folder, f"{folder / ROWS}, {error}")


def count_rows(folder: Path) -> int:
    """How many whole rows the folder holds."""
    return read_bytes(folder).count(b"\n")


def read_count(path: Path) -> int:
    """How many rows checkpoint.json says that there were; raises NotResults where it does not."""
    remedy = "Delete it and run the study again, which goes on with the trial."
    said = read_object(path, remedy).get("rows")
    counted = whole(said)
    if counted is None:
        raise NotResults(f"{path} counts no rows: it says {said!r:.60}. {remedy}")
    return counted


def keys_of(folder: Path, rows: list[Row], procedure: Procedure) -> list[tuple[Any, ...]]:
    """What tells stored rows apart, row by row; raises NotResults for a row that lacks some of it.

    Rows are those of the trial in `folder`, which the procedure made.
    """
    keys = []
    for number, stored in enumerate(rows, 1):
        row = {**procedure.row_defaults, **stored}
        for name in procedure.row_key:
            if name not in row:
                _refuse(folder, number, f"lacks the column {name!r}")
            if isinstance(row[name], list | dict):
                _refuse(folder, number, f"has {row[name]!r:.60} in the column {name!r}")
        keys.append(tuple(row[name] for name in procedure.row_key))
    return keys


def is_finished(folder: Path) -> bool:
    """Whether the trial is finished; raises NotResults where its rows are not all there."""
    return require_all(folder, None)


def require_all(folder: Path, data: bytes | None) -> bool:
    """Whether the trial is finished; raises NotResults unless its rows are all that were written.

    `data` are the bytes of its rows, which are read where it is None.
    """
    if not (folder / DONE).is_file():
        return False
    rows = (read_bytes(folder) if data is None else data).count(b"\n")
    remedy = "Delete it and run the study again."
    said = read_object(folder / DONE, remedy).get("rows")
    # the first version stored no number
    counted = 1 if said is None else whole(said)
    if counted is None:
        raise NotResults(f"{folder / DONE} says {said!r:.60} rows, which is no number. {remedy}")
    if rows < counted:
        there = "no rows" if said is None else f"{rows} of the {counted} rows"
        _damaged(folder, f"{folder / ROWS} holds {there}, though the trial is finished")
    return True


def _refuse(folder: Path, number: int, what: str) -> NoReturn:
    _damaged(folder, f"{folder / ROWS}, line {number}, {what.rstrip('.')}")


def _damaged(folder: Path, what: str) -> NoReturn:
    raise NotResults(f"{what}: delete {folder} and run the study again to make the trial anew.")
