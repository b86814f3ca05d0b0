"""Numbers on logarithmic axes without mathematics, so that no label is read as mathematics."""

from __future__ import annotations

import re
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import Formatter, LogFormatterMathtext

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


class Powers(Formatter):
    """Writes what matplotlib's own formatter of logarithmic axes does as plain text: 10⁻³."""

    def __init__(self, inner: LogFormatterMathtext) -> None:
        self._inner = inner

    def __call__(self, x: float, pos: int | None = None) -> str:
        return plain(self._inner(x, pos))

    def set_axis(self, axis: Any) -> None:
        self._inner.set_axis(axis)
        super().set_axis(axis)

    def set_locs(self, locs: list[float]) -> None:
        self._inner.set_locs(locs)
        super().set_locs(locs)


def plain(text: str) -> str:
    r"""A power as matplotlib writes it, such as `$\mathdefault{10^{-3}}$`, as plain text."""
    text = re.sub(r"\^\{([-\d]+)\}", lambda found: found[1].translate(_RAISED), text)
    text = re.sub(r"\\mathdefault\{(.*)\}", r"\1", text).replace(r"\times", "×")
    return text.replace("$", "").replace("-", "\N{MINUS SIGN}")


def without_mathematics(figure: Figure) -> Figure:
    """The figure with plain numbers on its logarithmic axes."""
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            major, minor = axis.get_major_formatter(), axis.get_minor_formatter()
            if isinstance(major, LogFormatterMathtext):
                axis.set_major_formatter(Powers(major))
            if isinstance(minor, LogFormatterMathtext):
                axis.set_minor_formatter(Powers(minor))
    return figure
