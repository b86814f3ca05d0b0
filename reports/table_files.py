"""A table as files: numbers as csv, text as a GitHub table and as LaTeX."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from .blocks import Table
from .latex import numeric as numeric
from .latex import to_latex
from .variants import LOOK


def write(table: Table, folder: Path) -> None:
    """The numbers as csv, the text as a GitHub table and as LaTeX."""
    numbers = table.numbers.drop(columns=LOOK, errors="ignore")
    numbers.to_csv(folder / f"{table.name}.csv", index=False, lineterminator="\n")
    for ending, text in (("md", to_markdown(table.shown)), ("tex", to_latex(table))):
        (folder / f"{table.name}.{ending}").write_text(text, encoding="utf-8")


def to_markdown(frame: pd.DataFrame) -> str:
    """A GitHub table: text to the left, numbers to the right."""
    rows = [[str(name) for name in frame], *frame.astype(str).to_numpy().tolist()]
    lines = ["| " + " | ".join(_cell(text) for text in row) + " |" for row in rows]
    marks = ["---:" if numeric(frame[name]) else "---" for name in frame]
    return "\n".join([lines[0], "| " + " | ".join(marks) + " |", *lines[1:], ""])


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("\\", "\\\\").replace("|", "\\|")
