"""The part of the figures' own font that nearly all text needs, as a font of its own.

A pdf holds a subset of each font that it uses, and matplotlib makes it anew for every figure. Of a
font with 6,000 characters and all their tables that takes a quarter of a large report's time.
"""

from __future__ import annotations

import functools
import tempfile
from itertools import chain
from pathlib import Path

from fontTools import subset
from matplotlib import font_manager

OWN = "DejaVu Sans"
CORE = f"{OWN} Core"
CHARACTERS = tuple(
    chain(
        range(0x20, 0x180),  # Latin
        range(0x370, 0x400),  # Greek
        range(0x2000, 0x20D0),  # punctuation, superscripts, currencies
        range(0x2190, 0x2300),  # arrows and mathematical operators
    )
)
_FAMILY = (1, 16)
"""Records of a font's table of names that hold its family."""
_DROPPED = (*subset.Options().drop_tables, "FFTM", "GPOS")
"""Tables that are left out; letters stand as close as the small table `kern` says."""


def ready() -> None:
    """Have matplotlib know the core; what it lacks is drawn by the family that comes after it."""
    manager = font_manager.fontManager
    if not any(entry.name == CORE for entry in manager.ttflist):
        for path in _files(Path(_home().name)):
            manager.addfont(path)


@functools.cache
def _home() -> tempfile.TemporaryDirectory[str]:
    """A folder that is gone with this process."""
    return tempfile.TemporaryDirectory(prefix="memnets-font-")


@functools.cache
def _files(folder: Path) -> tuple[Path, ...]:
    """The core in its usual and in its bold face."""
    return tuple(_made(folder, weight) for weight in ("normal", "bold"))


def _made(folder: Path, weight: str) -> Path:
    path = font_manager.findfont(font_manager.FontProperties(family=OWN, weight=weight))
    # the time of its making would be in every pdf
    options = subset.Options(recalc_timestamp=False, drop_tables=list(_DROPPED), legacy_kern=True)
    with subset.load_font(str(path), options) as font:
        subsetter = subset.Subsetter(options)
        subsetter.populate(unicodes=CHARACTERS)
        subsetter.subset(font)
        for record in font["name"].names:
            if record.nameID in _FAMILY:
                record.string = CORE
        subset.save_font(font, str(folder / f"{weight}.ttf"), options)
    return folder / f"{weight}.ttf"
