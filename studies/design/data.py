"""Dataclasses as plain JSON and back, with errors that name the field and what would do."""

from __future__ import annotations

import dataclasses
import difflib
import hashlib
import json
import math
import numbers
from collections.abc import Mapping
from typing import Any, TypeVar

T = TypeVar("T")


class BadData(ValueError):
    """Data that does not describe what it should; the message is one line."""


def canonical(data: Any) -> str:
    """The one way to write `data` as JSON for its fingerprint; raises BadData.

    Keys are sorted, there is no whitespace, and numbers of numpy are written as Python's.
    """
    return _json(data, sort_keys=True, separators=(",", ":"))


def line(data: Any) -> str:
    """`data` as JSON on one line, in the order given; raises BadData."""
    return _json(data)


def pretty(data: Any) -> str:
    """`data` as indented JSON, in the order given; raises BadData."""
    return _json(data, indent=2)


def fingerprint(data: Any) -> str:
    """Twelve hexadecimal digits that change whenever `data` does."""
    return hashlib.sha256(canonical(data).encode()).hexdigest()[:12]


def plain(options: Any, owner: str) -> dict[str, Any]:
    """Options as they are after a trip through JSON (tuples become lists); raises BadData."""
    if not isinstance(options, Mapping):
        raise BadData(f"{owner}: options are a mapping of names to values, not {options!r}.")
    try:
        return json.loads(canonical(dict(options)))
    except BadData as error:
        raise BadData(f"{owner}: {error}") from error


def encodable(value: Any) -> Any:
    """A text with escapes in place of lone surrogates, which few files and frames can hold.

    Anything else is given back as it is.
    """
    if not isinstance(value, str) or value.isascii():
        return value
    return value.encode("utf-8", "backslashreplace").decode("utf-8")


def build(cls: type[T], data: Any, where: str) -> T:
    """An instance of the dataclass `cls` from a JSON object; raises BadData naming the field."""
    if not isinstance(data, Mapping):
        raise BadData(f"{where}: expected an object of fields, found {data!r:.60}.")
    fields = {item.name: item for item in dataclasses.fields(cls)}  # type: ignore[arg-type]
    for name in data:
        if name not in fields:
            raise BadData(f"{where}: no field {name!r}.{hint(name, list(fields))}")
    for name, item in fields.items():
        missing = dataclasses.MISSING
        if name not in data and item.default is missing and item.default_factory is missing:
            raise BadData(f"{where}: the field {name!r} is missing.")
    try:
        return cls(**data)
    except (TypeError, ValueError, LookupError, AttributeError) as error:
        raise BadData(f"{where}: {error}") from error


def hint(name: str, known: list[str]) -> str:
    """A sentence that names the nearest known names, or all of them where none is near."""
    near = difflib.get_close_matches(str(name), known, n=2, cutoff=0.6)
    if near:
        return f" Did you mean {' or '.join(map(repr, near))}?"
    return f" Known: {', '.join(known) or 'none'}."


def _json(data: Any, **form: Any) -> str:
    try:
        return json.dumps(data, allow_nan=False, default=_number, **form)
    except (TypeError, ValueError) as error:
        if (found := _not_finite(data)) is not None:
            raise BadData(f"{found}; only finite numbers can be stored.") from error
        raise BadData(f"{data!r:.200} cannot be written as JSON: {error}.") from error


def _not_finite(data: Any, name: str = "a number") -> str | None:
    """The first number in the data that is none, with the name that it has there."""
    if isinstance(data, numbers.Real) and not math.isfinite(data):
        return f"{name} is {data}"
    parts: Any = ()
    if isinstance(data, Mapping):
        parts = data.items()
    elif isinstance(data, list | tuple):
        parts = ((name, part) for part in data)
    found = (_not_finite(part, str(label)) for label, part in parts)
    return next((text for text in found if text is not None), None)


def _number(value: Any) -> int | float:
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        return float(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")
