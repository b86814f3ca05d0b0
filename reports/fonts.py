r"""Characters that the font of the figures lacks: another font of this machine, or codes.

The font that comes with matplotlib has no Chinese, Japanese or Korean characters. Where a font on
this machine has them, figures take them from it; where none has, figures write codes such as
`\u8f6f`, so that labels stay apart.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from matplotlib import font_manager
from matplotlib.ft2font import FT2Font

from . import formats
from .core_font import CORE, OWN

FAMILIES = (CORE, OWN)
"""The own font: a small part of it, and the whole for what that lacks."""
_ANOTHER = "such as Noto Sans CJK for Chinese, Japanese and Korean"
_SHOWN = 12


class Fonts(NamedTuple):
    """Families that draw what the own font cannot, and the characters that no font here has."""

    families: tuple[str, ...]
    missing: frozenset[str]


def fonts_for(texts: Iterable[str]) -> Fonts:
    """The families of this machine that some texts need beside the own font."""
    needed = {character for text in texts for character in text if not character.isascii()}
    lacking = frozenset(character for character in needed if ord(character) not in _own())
    return _search(lacking) if lacking else Fonts((), frozenset())


def readable(text: str, missing: frozenset[str]) -> str:
    r"""The text with a code in place of each missing character, such as `\u8f6f`."""
    return "".join(
        character.encode("ascii", "backslashreplace").decode()
        if character in missing
        else character
        for character in text
    )


def note(texts: Iterable[str]) -> tuple[str, ...]:
    """A sentence where no font has some characters of the texts; else nothing."""
    missing = sorted(fonts_for(texts).missing)
    if not missing:
        return ()
    some = "".join(missing[:_SHOWN]) + ("\N{HORIZONTAL ELLIPSIS}" if missing[_SHOWN:] else "")
    count = formats.plural(len(missing), "character")
    code = readable(missing[0], frozenset(missing))
    return (
        f"No font on the machine that made this page has {count} of the labels ({some}). Figures "
        f"write a code for each, such as {code}. Install a font that has them, {_ANOTHER}, and "
        "make the report again.",
    )


def texts_of(value: Any) -> set[str]:
    """Every text that an argument of a figure brings: itself, or in the columns of a frame."""
    match value:
        case str():
            return {value}
        case pd.DataFrame():
            return {text for name in value for text in _words(value[name])}
        case Mapping():
            return {text for item in value.items() for each in item for text in texts_of(each)}
    return set()


def replaced(value: Any, missing: frozenset[str]) -> Any:
    """An argument of a figure with codes in place of the missing characters."""
    match value:
        case str():
            return readable(value, missing)
        case pd.DataFrame():
            texts = {name: _words(value[name]) for name in value}
            return value.assign(
                **{
                    name: value[name].map(lambda each: replaced(each, missing))
                    for name, words in texts.items()
                    if words
                }
            )
        case Mapping():
            pairs = ([replaced(each, missing) for each in item] for item in value.items())
            return dict(pairs)
    return value


def _words(column: pd.Series) -> set[str]:
    if pd.api.types.is_numeric_dtype(column.dtype):
        return set()
    return {entry for entry in column.tolist() if isinstance(entry, str)}


@functools.cache
def _own() -> frozenset[int]:
    """Characters that the own font has, in titles, which are bold, too."""
    faces = (
        font_manager.FontProperties(family=OWN, weight=weight) for weight in ("normal", "bold")
    )
    plain, bold = (_characters(font_manager.findfont(face)) for face in faces)
    return plain & bold


@functools.cache
def _search(lacking: frozenset[str]) -> Fonts:
    """Fonts that have the characters, the one that has most of them first."""
    known = {entry.fname for entry in font_manager.fontManager.ttflist}
    # fonts that were installed after matplotlib made its list are found as well
    paths = sorted({*known, *font_manager.findSystemFonts()}, key=_plainness)
    left, families = {ord(character) for character in lacking}, []
    while left:
        best = max(paths, key=lambda path: len(left & _characters(path)), default=None)
        if best is None or not left & _characters(best):
            break
        if best not in known:
            font_manager.fontManager.addfont(best)
        families.append(FT2Font(best).family_name)
        left -= _characters(best)
    return Fonts(tuple(families), frozenset(map(chr, left)))


def _plainness(path: str) -> tuple[bool, bool, str]:
    """Sort key: upright faces of usual weight first, and those with one width last."""
    name = Path(path).stem.lower()
    marked = any(word in name for word in ("bold", "italic", "oblique", "light", "black", "thin"))
    return "mono" in name, marked, name


@functools.cache
def _characters(path: str) -> frozenset[int]:
    """What a font can draw; nothing where it cannot be read or is made of pictures or of boxes."""
    try:
        font = FT2Font(path)
    except (RuntimeError, OSError):
        return frozenset()
    boxes = font.family_name.replace(" ", "").startswith("LastResort")
    return frozenset(font.get_charmap()) if font.scalable and not boxes else frozenset()
