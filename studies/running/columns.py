"""Rows as columns: numbers as arrays, everything else as numbers of words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..design.data import BadData, encodable
from ..procedures.base import Row

if TYPE_CHECKING:
    import pandas as pd

ABSENT = -1
"""The code of a value that is null, or of a column that a row does not have."""


class Column(NamedTuple):
    """The values of one column.

    Without `words` they are the values themselves, all whole numbers, all booleans, or numbers of
    which some are missing (nan). Otherwise each is the place of a word, or `ABSENT`; a word may be
    any value that JSON has.
    """

    values: np.ndarray
    words: tuple[Any, ...] | None = None

    @staticmethod
    def of(values: Sequence[Any]) -> Column:
        """The column of these values, None where one is missing."""
        found = set(map(type, values))
        if found == {bool}:
            return Column(np.array(values, dtype=bool))
        if found == {int}:
            whole = np.array(values)
            # whole numbers of more than 64 bits stay words
            return Column(whole) if whole.dtype == np.int64 else Column._coded(values)
        if found & {int, float} and found <= {int, float, type(None)}:
            if int not in found or max(abs(v) for v in values if type(v) is int) < 2**63:
                return Column(np.array(values, dtype=np.float64))
        return Column._coded(values)

    @staticmethod
    def _coded(values: Sequence[Any]) -> Column:
        places: dict[Any, int] = {}
        words: list[Any] = []
        codes = np.full(len(values), ABSENT, dtype=np.int32)
        for number, value in enumerate(values):
            if value is None:
                continue
            # 1, 1.0 and true are one key of a dictionary, and a list is none
            key = value if isinstance(value, str) else (json.dumps(value),)
            place = places.setdefault(key, len(words))
            if place == len(words):
                words.append(encodable(value))
            codes[number] = place
        return Column(codes, tuple(words))

    @property
    def is_empty(self) -> bool:
        """Whether no row has a value."""
        return self.words == ()

    def objects(self) -> np.ndarray:
        """The values as Python objects, None where one is missing."""
        found = np.empty(len(self.values), dtype=object)
        if self.words is None:
            found[:] = self.values.tolist()
            if self.values.dtype == np.float64:
                found[np.isnan(self.values)] = None
        else:
            known = np.empty(len(self.words) + 1, dtype=object)
            known[: len(self.words)] = _each(self.words)
            # the code of a missing value is that of the last place
            found[:] = known[self.values]
        return found


class Columns(NamedTuple):
    """The rows of one trial: how many there are (`height`), and their columns by name."""

    height: int
    by_name: Mapping[str, Column]

    @staticmethod
    def of(rows: Sequence[Row]) -> Columns:
        """The columns of these rows; raises BadData for a number that is not finite."""
        found = {
            name: Column.of([row.get(name) for row in rows])
            for name in dict.fromkeys(chain.from_iterable(rows))
        }
        for name, (values, _) in found.items():
            if values.dtype == np.float64 and np.isinf(values).any():
                place = int(np.isinf(values).argmax()) + 1
                raise BadData(f"line {place}, has {name} {values[place - 1]}, which is not finite")
        return Columns(len(rows), found)


def frame(constants: Sequence[Mapping[str, Any]], parts: Sequence[Columns]) -> pd.DataFrame:
    """One row per row of the parts, each beginning with the constants of its part.

    Types and values are what pandas makes of the rows as dictionaries, in less time and memory; a
    column in which no row has a value is one of missing numbers.
    """
    import pandas as pd

    counts = [part.height for part in parts]
    names = dict.fromkeys(name for part in parts for name in part.by_name)
    left = pd.DataFrame([dict(each) for each in constants]).take(
        np.repeat(np.arange(len(parts)), counts)
    )
    columns = {name: left.pop(name).array for name in list(left)}
    for name in names:
        found = [part.by_name.get(name) for part in parts]
        if name in columns:
            # a row has a column of its own under the name of a constant
            pairs = zip(found, constants, counts, strict=True)
            found = [own or Column.of([each.get(name)] * count) for own, each, count in pairs]
        columns[name] = _joined(found, counts)
    return pd.DataFrame(columns, copy=False)


def _joined(parts: Sequence[Column | None], counts: Sequence[int]) -> np.ndarray:
    """The values of a column of several parts, some of which may not have it."""
    there = [part for part in parts if part is not None and not part.is_empty]
    whole = len(there) == len(parts)
    dtypes = {part.values.dtype for part in there if part.words is None}
    coded = any(part.words is not None for part in there)
    if not coded:
        if there and whole and len(dtypes) == 1:
            return np.concatenate([part.values for part in there])
        if np.dtype(bool) not in dtypes:
            return _filled(parts, counts, np.float64, np.nan)
    return _filled(parts, counts, object, None)


def _filled(
    parts: Sequence[Column | None], counts: Sequence[int], dtype: type, missing: Any
) -> np.ndarray:
    found: np.ndarray = np.full(sum(counts), missing, dtype=dtype)
    for part, (start, end) in zip(parts, _ranges(counts), strict=True):
        if part is not None and not part.is_empty:
            found[start:end] = part.objects() if dtype is object else part.values
    return found


def _ranges(counts: Sequence[int]) -> Iterator[tuple[int, int]]:
    start = 0
    for count in counts:
        yield start, start + count
        start += count


def _each(words: Sequence[Any]) -> np.ndarray:
    """Words as an array of objects; a list among them stays one object."""
    found = np.empty(len(words), dtype=object)
    for place, word in enumerate(words):
        found[place] = word
    return found
