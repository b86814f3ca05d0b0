"""Tapes and heads of an episode as a text and as a picture.

The text has a line per row of a tape; the symbol under a head stands between brackets, and a dot is
a blank. The picture has a row of squares per row of a tape: blanks are grey, symbols go from white
to blue, and the square under a head has a red frame. The target is shown beside the output.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .episodes import Episodes
from .machine import Strip

_CELL = 10
_GROUND, _BLANK, _FIRST, _LAST, _FRAME = np.array(
    [[255, 255, 255], [215, 215, 215], [240, 246, 255], [20, 50, 100], [200, 30, 30]]
)


def text(episodes: Episodes, row: int) -> str:
    """The tapes of one episode, line by line, below the clock and what was earned."""
    machine = episodes.tapes
    lines = [
        f"{type(episodes.task).__name__}, step {machine.time_B[row]} of at most "
        f"{machine.limits_B[row]}, return {machine.returns_B[row]:+.1f}"
    ]
    for strip in episodes.machine.strips(row):
        for line in range(strip.symbols_XY.shape[1]):
            name = strip.name if line == 0 else ""
            lines.append(f"{name:<7}{_written(strip, line)}".rstrip())
    return "\n".join(lines)


def picture(episodes: Episodes, row: int) -> np.ndarray:
    """The tapes of one episode, one below the other; of one size from its beginning to its end."""
    strips = episodes.machine.strips(row)
    width = max(len(strip.symbols_XY) for strip in strips)
    gap = np.broadcast_to(_GROUND, (_CELL // 2, width * _CELL, 3))
    bands = []
    for strip in strips:
        band = np.broadcast_to(_GROUND, (strip.symbols_XY.shape[1] * _CELL, width * _CELL, 3))
        band = band.copy()
        painted = _painted(strip)
        band[:, : painted.shape[1]] = painted
        bands += [band, gap]
    return np.concatenate(bands[:-1]).astype(np.uint8)


RENDERERS: dict[str, Callable[[Episodes, int], Any]] = {"ansi": text, "rgb_array": picture}


def _written(strip: Strip, line: int) -> str:
    cells = []
    for column, symbol in enumerate(strip.symbols_XY[: _used(strip), line]):
        shown = "." if symbol == strip.blank else strip.letters[symbol % len(strip.letters)]
        cells.append(f"[{shown}]" if strip.head == (column, line) else f" {shown} ")
    return "".join(cells)


def _used(strip: Strip) -> int:
    """Columns up to the last one with a symbol, or with the head."""
    used = np.flatnonzero((strip.symbols_XY != strip.blank).any(1)) + 1
    return max([0, *used[-1:], *([strip.head[0] + 1] if strip.head else [])])


def _painted(strip: Strip) -> np.ndarray:
    """RGB of one tape, `(rows × cell, columns × cell, 3)`."""
    symbols_YX = strip.symbols_XY.T
    share = symbols_YX[..., None] / max(strip.blank - 1, 1)
    colours = np.where(
        symbols_YX[..., None] == strip.blank, _BLANK, _FIRST + share * (_LAST - _FIRST)
    )
    image = colours.repeat(_CELL, 0).repeat(_CELL, 1)
    # a thin line of ground between squares
    image[::_CELL], image[:, ::_CELL] = _GROUND, _GROUND
    if strip.head is not None:
        column, line = (_CELL * place for place in strip.head)
        inner = image[line + 3 : line + _CELL - 2, column + 3 : column + _CELL - 2].copy()
        image[line + 1 : line + _CELL, column + 1 : column + _CELL] = _FRAME
        image[line + 3 : line + _CELL - 2, column + 3 : column + _CELL - 2] = inner
    return image
