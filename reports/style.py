"""How every figure looks: one colour per estimator, one marker per cell, one theme.

Files are byte-reproducible: no dates, and element ids derived from a fixed salt.
"""

from __future__ import annotations

import colorsys
import functools
import io
import re
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec

import matplotlib
from matplotlib.figure import Figure

from .powers import without_mathematics

P = ParamSpec("P")

WIDTH = 9.0
INK = "#1f2429"
MUTED = "#6b747d"
GRID = "#dde1e6"
PAPER = "#fefefe"
SHADE = "#e9eef4"

# in the page these colours follow the light or dark scheme of the reader
_SCHEME = {
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    GRID: "var(--grid)",
    PAPER: "var(--paper)",
    SHADE: "var(--shade)",
}

_COLOURS = {
    "soft": "#2b7bba",
    "hardened": "#3d2c8d",
    "straight_through": "#e08e0b",
    "gumbel": "#1f9e77",
    "gumbel_rao": "#7cb518",
    "reinmax": "#1b4965",
    "reinforce": "#d1495b",
    "leave_one_out": "#e377b4",
    "annealed": "#8f6bc4",
    "top_k": "#a87132",
    "noisy_top_k": "#d4a373",
}
_BACKEND_COLOURS = {
    "reference": "#8a939b",
    "compiled": "#e08e0b",
    "fused": "#2b7bba",
    "numba": "#2b7bba",
    "triton": "#2b7bba",
    "CUDA graph": "#c9a400",
    "triton in a CUDA graph": "#7b4fa3",
}
_NO_MEMORY_COLOUR = "#8a939b"
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
    # labels are text, whatever signs are in them
    "text.parse_math": False,
    "font.family": "DejaVu Sans",
    "font.size": 8.5,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "lines.linewidth": 1.7,
    "svg.hashsalt": "memnets",
    "svg.fonttype": "path",
    "path.simplify": True,
}


def colour(cell: str, estimator: str) -> str:
    """The colour of an estimator, grey without memory; a plug-in's name decides its colour too."""
    if cell == "none":
        return _NO_MEMORY_COLOUR
    return _COLOURS.get(estimator) or _hue(estimator)


def backend_colour(backend: str) -> str:
    """The colour of a backend; the fused ones of different devices share theirs."""
    return _BACKEND_COLOURS.get(backend) or _hue(backend)


def marker(cell: str) -> str:
    """The marker of a cell; that of a plug-in is the same in every process, too."""
    return _MARKERS.get(cell) or _MORE_MARKERS[_number(cell) % len(_MORE_MARKERS)]


def points(model: Any, size: float = 6) -> dict[str, Any]:
    """How the seeds of a model are drawn, given its cell, estimator, in_training and at_test.

    Filled where it was tested as it was trained, half where its training only ended so, hollow
    where it was trained otherwise.
    """
    shade = colour(model["cell"], model["estimator"])
    same = model["in_training"] == model["at_test"]
    ended = "left" if model["in_training"].endswith(model["at_test"]) else "none"
    return {
        "linestyle": "",
        "marker": marker(model["cell"]),
        "color": shade,
        "markerfacecoloralt": PAPER,
        "fillstyle": "full" if same else ended,
        "markersize": size,
        "alpha": 0.75,
        "markeredgecolor": PAPER if same else shade,
        "markeredgewidth": 0.6 if same else 1.2,
    }


def order(name: str) -> tuple[int, str]:
    """Sort key of estimators and cells: the built-in ones in their order, then others by name."""
    known = [*_MARKERS, *_COLOURS]
    return (known.index(name) if name in known else len(known), name)


def themed(function: Callable[P, Figure]) -> Callable[P, Figure]:
    """Decorator: draw under the theme and leave the global settings as they were."""

    @functools.wraps(function)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> Figure:
        with matplotlib.rc_context(THEME):
            return without_mathematics(function(*args, **kwargs))

    return drawn


def canvas(height: float, width: float = WIDTH) -> Figure:
    """An empty figure outside pyplot, in inches."""
    return Figure(figsize=(width, height), layout="constrained")


def save(figure: Figure, folder: Path, name: str) -> str:
    """Write `name.svg` and `name.png` into the folder; return the svg text."""
    with matplotlib.rc_context(THEME):
        # the layout is settled once, not again for every file
        figure.draw_without_rendering()
        figure.set_layout_engine("none")
        svg = io.StringIO()
        figure.savefig(svg, format="svg", metadata={"Date": None})
        figure.savefig(folder / f"{name}.png", dpi=160, metadata={"Software": None})
    (folder / f"{name}.svg").write_text(svg.getvalue(), encoding="utf-8")
    return svg.getvalue()


def inline(svg: str, name: str) -> str:
    """The svg element for a page: ids of its own, and colours that follow the page's scheme."""
    element = svg[svg.index("<svg") :].strip()
    element = re.sub(r"<metadata>.*?</metadata>", "", element, flags=re.DOTALL)
    element = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', element)
    element = re.sub(r'href="#([^"]+)"', rf'href="#{name}-\1"', element)
    element = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", element)
    for fixed, variable in _SCHEME.items():
        element = element.replace(fixed, variable)
    # every figure at one scale, whatever its width, so that text has one size on the page
    points = float(re.search(r'width="([\d.]+)pt"', element)[1])  # type: ignore[index]
    width = f'style="width: {100 * points / (72 * WIDTH):.1f}%"'
    return re.sub(r'width="[^"]+" height="[^"]+"', width, element, count=1)


def _number(name: str) -> int:
    return zlib.crc32(name.encode())


def _hue(name: str) -> str:
    red, green, blue = colorsys.hls_to_rgb(_number(name) / 2**32, 0.48, 0.55)
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"
