"""Draws a report's pictures and writes their files, on all processors where that is worth it."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from . import core_font, picture_files, svg
from .blocks import Picture
from .processes import copies, processors

FEWEST = 8
"""So many pictures are drawn here, one after the other, before processes are worth their start."""
MOST = 8
"""Processes: each holds what it draws for itself."""

_given: tuple[Sequence[Picture], Path] | None = None


def draw(
    pictures: Sequence[Picture], folder: Path, meanwhile: Callable[[], None] = lambda: None
) -> dict[str, str]:
    """Write the files of all pictures into a folder; the element of each for the page, by its name.

    The files are the same, to the byte, however many processes draw them. What is to be done
    `meanwhile` is done here while others draw, or first.
    """
    processes = min(processors(), len(pictures), MOST)
    if len(pictures) < FEWEST or processes < 2:
        meanwhile()
        return {each.name: _drawn(n, each, folder) for n, each in enumerate(pictures)}
    # known to all that begin as copies of this process
    core_font.ready()
    found: dict[str, str] = {}
    undone = [meanwhile]
    with copies() as context:
        try:
            with ProcessPoolExecutor(
                processes, context, initializer=_take, initargs=(pictures, folder)
            ) as pool:
                texts = pool.map(_drawn_of_given, range(len(pictures)))
                undone.pop()()
                for picture, text in zip(pictures, texts, strict=True):
                    found[picture.name] = text
        except BrokenProcessPool:
            # a child was killed, most likely for its memory: the rest has more of it here
            pass
    for do in undone:
        do()
    return {
        each.name: found[each.name] if each.name in found else _drawn(n, each, folder)
        for n, each in enumerate(pictures)
    }


def _take(pictures: Sequence[Picture], folder: Path) -> None:
    global _given
    _given = pictures, folder
    # what came from the parent stays, and is not searched for garbage time after time
    gc.freeze()


def _drawn_of_given(number: int) -> str:
    assert _given is not None
    pictures, folder = _given
    return _drawn(number, pictures[number], folder)


def _drawn(number: int, picture: Picture, folder: Path) -> str:
    return svg.inline(picture_files.write(picture, folder), f"f{number}")
