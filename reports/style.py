"""How every figure looks: colours, one marker per cell, one theme.

Files are byte-reproducible: no dates, and element ids derived from a fixed salt.
"""

from __future__ import annotations

import functools
import zlib
from collections.abc import Callable
from typing import Any, ParamSpec

import matplotlib
from matplotlib.figure import Figure

from . import colours, core_font, fonts
from .colours import NAMED
from .powers import without_mathematics

P = ParamSpec("P")

WIDTH = 9.0
INK, MUTED, GRID, PAPER, SHADE = NAMED
_MARKERS = {"none": "D", "ntm": "o", "dnc": "s", "dntm": "^"}
_MORE_MARKERS = ("v", "P", "X", "*", "<", ">", "h", "p", "d", "8")

THEME: Any = {
    "figure.facecolor": PAPER,
    "figure.dpi": 100,
    "axes.facecolor": PAPER,
    "axes.edgecolor": MUTED,
    "axes.linewidth": 0.7,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    # right above the panel, where no ticks are: matplotlib measures them all to find that out
    "axes.titley": 1.0,
    "axes.labelsize": 8.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "xtick.major.size": 3,
    "ytick.major.size": 3,
    "text.color": INK,
    # letters keep their shapes, as in svg and pdf, and are drawn in half the time
    "text.hinting": "none",
    # labels are text, whatever signs are in them
    "text.parse_math": False,
    "font.family": fonts.FAMILIES,
    "font.size": 8.5,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "lines.linewidth": 1.7,
    "svg.hashsalt": "memnets",
    # text stays text: small files, which can be searched and edited; the pdf brings its fonts
    "svg.fonttype": "none",
    "pdf.fonttype": 42,
    "path.simplify": True,
}


def colour(cell: str, estimator: str, variant: int = -1) -> str:
    """The colour of a variant, else of an estimator; grey without memory.

    A plug-in's name decides its colour, too.
    """
    if variant >= 0:
        return colours.VARIANTS[variant % len(colours.VARIANTS)]
    if cell == "none":
        return colours.NO_MEMORY
    return colours.ESTIMATORS.get(estimator) or colours.hue(estimator)


def colour_of(model: Any) -> str:
    """The colour of a model, given its cell, estimator and, where there are several, variant."""
    return colour(model["cell"], model["estimator"], _variant(model))


def backend_colour(backend: str) -> str:
    """The colour of a backend; the fused ones of different devices share theirs."""
    return colours.BACKENDS.get(backend) or colours.hue(backend)


def round_of(model: Any) -> int:
    """How often all colours were used before this variant: from 1 on, dash and marker differ."""
    return max(_variant(model), 0) // len(colours.VARIANTS)


def marker(cell: str, again: int = 0) -> str:
    """The marker of a cell; that of a plug-in is the same in every process, too."""
    first = _MARKERS.get(cell) or _MORE_MARKERS[zlib.crc32(cell.encode()) % len(_MORE_MARKERS)]
    others = [shape for shape in _MORE_MARKERS if shape != first]
    return others[(again - 1) % len(others)] if again else first


def _variant(model: Any) -> int:
    return int(model.get("variant", -1))


def points(model: Any, size: float = 6) -> dict[str, Any]:
    """How the seeds of a model are drawn, given its cell, estimator, in_training and at_test.

    Filled where it was tested as it was trained, half where its training only ended so, hollow
    where it was trained otherwise.
    """
    shade = colour_of(model)
    same = model["in_training"] == model["at_test"]
    ended = "left" if model["in_training"].endswith(model["at_test"]) else "none"
    return {
        "linestyle": "",
        "marker": marker(model["cell"], round_of(model)),
        "color": shade,
        "markerfacecoloralt": PAPER,
        "fillstyle": "full" if same else ended,
        "markersize": size,
        "alpha": 0.75,
        "markeredgecolor": PAPER if same else shade,
        "markeredgewidth": 0.6 if same else 1.2,
    }


def tag(model: Any, *artists: Any) -> None:
    """Mark what is drawn of a model, so that the page can hide it and name it."""
    if "place" in model:
        for artist in artists:
            artist.set_gid(f"model-{int(model['place'])}")


def order(name: str) -> tuple[int, str]:
    """Sort key of estimators and cells: the built-in ones in their order, then others by name."""
    known = [*_MARKERS, *colours.ESTIMATORS]
    return (known.index(name) if name in known else len(known), name)


def themed(function: Callable[P, Figure]) -> Callable[P, Figure]:
    """Decorator: draw under the theme and leave the global settings as they were."""

    @functools.wraps(function)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> Figure:
        texts = {text for value in (*args, *kwargs.values()) for text in fonts.texts_of(value)}
        found = fonts.fonts_for(texts)
        given: Any = (args, kwargs)
        if found.missing:
            shown = {name: fonts.replaced(value, found.missing) for name, value in kwargs.items()}
            given = tuple(fonts.replaced(value, found.missing) for value in args), shown
        families = [*fonts.FAMILIES, *found.families]
        core_font.ready()
        with matplotlib.rc_context({**THEME, "font.family": families}):
            return without_mathematics(function(*given[0], **given[1]))

    return drawn


def canvas(height: float, width: float = WIDTH) -> Figure:
    """An empty figure outside pyplot, in inches."""
    return Figure(figsize=(width, height), layout="constrained")
