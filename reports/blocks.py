"""What a report is made of: an answer, key numbers, and sections that hold blocks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

import pandas as pd
from matplotlib.figure import Figure


@dataclass(frozen=True)
class Answer:
    """The answer to the study's question in one sentence, and what limits it."""

    sentence: str
    caveats: tuple[str, ...] = ()


class KeyNumber(NamedTuple):
    """A number to remember, as text, and what it is."""

    text: str
    label: str


@dataclass(frozen=True)
class Paragraph:
    """A line or two of plain text."""

    template: ClassVar[str] = "paragraph"
    text: str


@dataclass(frozen=True)
class Picture:
    """A figure with the caption that makes it readable on its own; `name` is that of its files.

    `drawing` is the figure or a function that draws it, which is called when the figure is written:
    a large report does not hold all of them at once. `says` is what the data show, in a sentence
    or two that are computed from them, and `data` are the numbers that are drawn, for a csv file.
    A `folded` one is seen once its title is clicked.
    """

    template: ClassVar[str] = "picture"
    name: str
    title: str
    caption: str
    drawing: Figure | Callable[[], Figure]
    says: str = ""
    data: pd.DataFrame | None = None
    folded: bool = False

    @property
    def figure(self) -> Figure:
        """The figure, drawn now where it was not."""
        return self.drawing() if callable(self.drawing) else self.drawing


@dataclass(frozen=True)
class Table:
    """A table as it is shown (text) and as it is stored (`numbers`)."""

    template: ClassVar[str] = "table"
    name: str
    title: str
    caption: str
    shown: pd.DataFrame
    numbers: pd.DataFrame


@dataclass(frozen=True)
class Failure:
    """A trial that failed, and where."""

    trial: str
    label: str
    error: str
    traceback: str


@dataclass(frozen=True)
class Failures:
    """Failed trials, each with a traceback that can be opened."""

    template: ClassVar[str] = "failures"
    entries: tuple[Failure, ...]


@dataclass(frozen=True)
class Definitions:
    """Names and what they stand for; `code` holds commands to copy."""

    template: ClassVar[str] = "definitions"
    entries: tuple[tuple[str, str], ...]
    code: tuple[str, ...] = ()


Block = Paragraph | Picture | Table | Failures | Definitions


@dataclass(frozen=True)
class Section:
    """A heading with its blocks; `slug` is its anchor."""

    slug: str
    title: str
    blocks: tuple[Block, ...] = field(default=())
