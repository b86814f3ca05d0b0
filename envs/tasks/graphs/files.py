"""Graphs and family trees from files: one edge, or one fact, per line."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import cache

import numpy as np

from ..files import BadFile
from .graph import Graph


@cache
def read_graph(path: str, sha256: str = "") -> Graph:
    """The graph of a file of edges, which can be gone along in both directions.

    The file is comma- or tab-separated (.tsv), with a line of column names first. Its first two
    columns name the ends of an edge, and the third, if there is one, its kind, such as a line of
    the Underground; further columns are not read. Where a node has several edges of one kind, their
    kinds are told apart: first, second, … at that node. Nodes are numbered as they come.
    """
    number: dict[str, int] = {}
    kinds: dict[tuple[str, int], int] = {}
    used: dict[tuple[int, str], int] = {}
    edges, seen = [], set()
    for _, row in _rows(path, columns=2):
        kind = row[2] if len(row) > 2 else ""
        first, second = (number.setdefault(name, len(number)) for name in row[:2])
        for source, target in ((first, second), (second, first)):
            if (source, kind, target) in seen:
                continue
            seen.add((source, kind, target))
            turn = used[source, kind] = used.get((source, kind), -1) + 1
            edges.append((source, kinds.setdefault((kind, turn), len(kinds)), target))
    return Graph(len(number), np.array(edges, np.int64))


@cache
def read_facts(path: str, sha256: str = "") -> tuple[tuple[str, str, str], ...]:
    """The facts of a file, (person, relation, relative): the relative is the person's relation.

    The file is comma- or tab-separated (.tsv), with a line of column names first, among which are
    `relation`, `person` and `relative`; other columns are not read. A person of one family may not
    have the name of one of another.
    """
    facts = []
    places: list[int] = []
    for line, row in _rows(path, columns=3, names=True):
        if not places:
            wanted = ("person", "relation", "relative")
            for name in wanted:
                if name not in row:
                    raise BadFile(f"{path}, line {line}: there is no column {name!r}.")
            places = [row.index(name) for name in wanted]
            continue
        if len(row) <= max(places):
            raise BadFile(f"{path}, line {line}: {len(row)} columns; the names above have more.")
        person, relation, relative = (row[place] for place in places)
        facts.append((person, relation, relative))
    return tuple(facts)


def _rows(path: str, columns: int, names: bool = False) -> Iterator[tuple[int, list[str]]]:
    """The lines of a table with their numbers, with or without that of the names."""
    separator = "\t" if path.endswith(".tsv") else ","
    try:
        with open(path, newline="", encoding="utf-8") as file:
            reader = csv.reader(file, delimiter=separator)
            found = [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise BadFile(f"{path}: {reason}.") from error
    if len(found) < 2:
        raise BadFile(f"{path}: there is no line after that of the column names.")
    for line, row in found[0 if names else 1 :]:
        if not row:
            continue
        if len(row) < columns or not all(row[:columns]):
            raise BadFile(f"{path}, line {line}: {row!r:.60}; {columns} columns are needed.")
        yield line, row
