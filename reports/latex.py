"""A table as LaTeX that compiles as it stands: booktabs, a caption, a label."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

import pandas as pd

from . import formats
from .blocks import Table

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": "$<$",
    ">": "$>$",
    "|": "$|$",
    '"': "''",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    formats.MINUS: "$-$",
    formats.NONE: "--",
    "\N{NO-BREAK SPACE}": "~",
    "\N{HORIZONTAL ELLIPSIS}": r"\ldots{}",
    "\N{MULTIPLICATION SIGN}": r"$\times$",
    "\N{PLUS-MINUS SIGN}": r"$\pm$",
    "\N{RIGHTWARDS ARROW}": r"$\rightarrow$",
    "\N{MIDDLE DOT}": r"$\cdot$",
}
_RAISED = dict(zip("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789", strict=True))
# letters up to here, the accents of European languages, are known to every LaTeX
_LATIN = 0x17F


def to_latex(table: Table) -> str:
    """The text of a table as a `table` environment."""
    columns = "".join("r" if numeric(table.shown[name]) else "l" for name in table.shown)
    rows = [" & ".join(map(escape, row)) + r" \\" for row in table.shown.astype(str).to_numpy()]
    lines = [
        r"% Put \usepackage{booktabs} into the preamble.",
        *_hints(table),
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{escape(table.title)}. {escape(table.caption)}}}",
        rf"\label{{tab:{table.name}}}",
        rf"\begin{{tabular}}{{{columns}}}",
        r"\toprule",
        " & ".join(escape(str(name)) for name in table.shown) + r" \\",
        r"\midrule",
        *rows,
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
        "",
    ]
    return "\n".join(lines)


def numeric(column: pd.Series) -> bool:
    """Whether the text of a column reads as numbers, which stand to the right."""
    starts = tuple("0123456789+-" + formats.MINUS + formats.NONE)
    return all(str(text).startswith(starts) for text in column)


def escape(text: str) -> str:
    """Text as LaTeX that prints it; a line break becomes a blank."""
    return "".join(_SPECIAL.get(sign) or _letter(sign) for sign in " ".join(text.splitlines()))


def _letter(sign: str) -> str:
    if sign.isspace():
        return " "
    if sign in _RAISED:
        return f"$^{_RAISED[sign]}$"
    name = unicodedata.name(sign, "")
    if name.startswith("GREEK SMALL LETTER ") and name.count(" ") == 3:
        command = name.rpartition(" ")[2].lower().replace("lamda", "lambda")
        return "o" if command == "omicron" else f"$\\{command}$"
    return sign


def _hints(table: Table) -> Iterable[str]:
    texts = (*table.shown, *table.shown.astype(str).to_numpy().ravel(), table.title)
    foreign = sorted({sign for text in texts for sign in escape(str(text)) if ord(sign) > _LATIN})
    if foreign:
        shown = "".join(foreign[:12])
        yield f"% pdflatex has no font for {shown}: use lualatex, fontspec and one that has them."
    if len(table.shown.columns) > 7:
        yield r"% It is wide: \usepackage{graphicx}, and \resizebox{\textwidth}{!}{...} around it."
