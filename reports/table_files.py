"""A table as files: numbers as csv, text as a GitHub table and as LaTeX."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from . import formats
from .blocks import Table


def write(table: Table, folder: Path) -> None:
    """The numbers as csv, the text as a GitHub table and as LaTeX."""
    table.numbers.to_csv(folder / f"{table.name}.csv", index=False, lineterminator="\n")
    for ending, text in (("md", to_markdown(table.shown)), ("tex", to_latex(table))):
        (folder / f"{table.name}.{ending}").write_text(text, encoding="utf-8")


def to_markdown(frame: pd.DataFrame) -> str:
    """A GitHub table: text to the left, numbers to the right."""
    rows = [[str(name) for name in frame], *frame.astype(str).to_numpy().tolist()]
    lines = ["| " + " | ".join(_cell(text) for text in row) + " |" for row in rows]
    marks = ["---:" if numeric(frame[name]) else "---" for name in frame]
    return "\n".join([lines[0], "| " + " | ".join(marks) + " |", *lines[1:], ""])


def to_latex(table: Table) -> str:
    """A booktabs tabular in plain characters."""
    plain = table.shown.map(_plain)
    style = plain.style.hide(axis="index").format(escape="latex")
    style = style.format_index(escape="latex", axis=1)
    columns = "".join("r" if numeric(table.shown[name]) else "l" for name in table.shown)
    return str(style.to_latex(hrules=True, column_format=columns))


def numeric(column: pd.Series) -> bool:
    """Whether the text of a column reads as numbers, which stand to the right."""
    starts = tuple("0123456789+-" + formats.MINUS + formats.NONE)
    return all(str(text).startswith(starts) for text in column)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("\\", "\\\\").replace("|", "\\|")


def _plain(text: object) -> str:
    replaced = {formats.MINUS: "-", formats.NONE: "--", "\N{NO-BREAK SPACE}": " "}
    for special, ascii_text in replaced.items():
        text = str(text).replace(special, ascii_text)
    return str(text)
