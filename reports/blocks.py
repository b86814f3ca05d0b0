"""What a report is made of: sections that hold paragraphs, pictures, tables and more."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import ClassVar

import pandas as pd
from matplotlib.figure import Figure


@dataclass(frozen=True)
class Paragraph:
    """A line or two of plain text."""

    kind: ClassVar[str] = "paragraph"
    text: str


@dataclass(frozen=True)
class Picture:
    """A figure with the caption that makes it readable on its own; `name` is that of its files."""

    kind: ClassVar[str] = "picture"
    name: str
    title: str
    caption: str
    figure: Figure


@dataclass(frozen=True)
class Table:
    """A table as it is shown (text) and as it is stored (`numbers`)."""

    kind: ClassVar[str] = "table"
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

    kind: ClassVar[str] = "failures"
    entries: tuple[Failure, ...]


@dataclass(frozen=True)
class Definitions:
    """Names and what they stand for; `code` holds commands to copy."""

    kind: ClassVar[str] = "definitions"
    entries: tuple[tuple[str, str], ...]
    code: tuple[str, ...] = ()


Block = Paragraph | Picture | Table | Failures | Definitions


@dataclass(frozen=True)
class Section:
    """A heading with its blocks; `slug` is its anchor."""

    slug: str
    title: str
    blocks: tuple[Block, ...] = field(default=())


def slug(*parts: str) -> str:
    """A name for files and anchors, whatever a study calls its tasks and models."""
    words = (re.sub(r"[^a-z0-9]+", "-", part.lower()).strip("-") for part in parts)
    return "-".join(word for word in words if word) or "unnamed"
