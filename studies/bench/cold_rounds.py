"""Rounds that time what reads a store: first without its caches, then with them."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TypeAlias

from ..running.progress_bar import ProgressBar
from ..running.rows_cache import CACHE

Point: TypeAlias = Mapping[str, float]


class Rounds(NamedTuple):
    """What was measured, by way, and whether Ctrl-C ended it."""

    points: Mapping[str, list[Point]]
    interrupted: bool


def cold_rounds(
    title: str,
    ways: Sequence[str],
    repeats: int,
    fill: Callable[[Path], object],
    measure: Callable[[str, Path], Point],
) -> Rounds:
    """Measure each way in order, `repeats` times, on the store that `fill` makes in a folder.

    The caches of rows are removed before each round: its first way parses rows and makes them. The
    folder is a temporary one.
    """
    found: dict[str, list[Point]] = {way: [] for way in ways}
    with _folder() as folder, ProgressBar(title, repeats) as bar:
        try:
            bar.say("trials are written")
            fill(folder)
            for _ in range(repeats):
                for kept in folder.rglob(CACHE):
                    kept.unlink()
                for way in ways:
                    bar.say(way)
                    found[way].append(measure(way, folder))
                bar.advance()
        except KeyboardInterrupt:
            return Rounds(found, True)
    return Rounds(found, False)


def medians(points: Sequence[Point]) -> dict[str, float]:
    """The median of every number over points, and the least and most of the seconds."""
    found = {name: statistics.median(point[name] for point in points) for name in points[0]}
    times = sorted(point["seconds"] for point in points)
    return found | {"seconds_least": times[0], "seconds_most": times[-1]}


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="memnets-bench-") as name:
        yield Path(name) / "bench"
