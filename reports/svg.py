"""Figures as files, and as elements of a page that follow its colours.

Files are byte-reproducible: no dates, and element ids derived from a fixed salt.
"""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import matplotlib
from markupsafe import escape
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from . import colours, core_font
from .style import THEME, WIDTH

_LEAST = 50.0
"""The least width on a page in rem, at which text of 8 points is 10 pixels high."""
_SHORTER = re.compile(r"(\.\d\d)\d+")
_AROUND = re.compile(r"\s*([A-Za-z])\s*")
_GROUP = re.compile(r"<(/?)g(?:>| [^>]*>)\n?")


def save(figure: Figure, folder: Path, name: str, *, pdf: bool = False) -> str:
    """Write `name.svg` and `name.png`, or `name.pdf` as well, into the folder; return the svg text.

    What `style.tag` marked has the class of its model, and the svg says in `data-axes` what its
    axes show, for the page's script.
    """
    with matplotlib.rc_context(THEME):
        _settle(figure)
        drawn = io.StringIO()
        figure.savefig(drawn, format="svg", metadata={"Date": None})
        figure.savefig(
            folder / f"{name}.png",
            dpi=160,
            metadata={"Software": None},
            pil_kwargs={"compress_level": 3},
        )
        if pdf:
            figure.savefig(folder / f"{name}.pdf", metadata={"CreationDate": None})
    text = drawn.getvalue().replace(f"'{core_font.CORE}', ", "")
    svg = re.sub(r'<g id="(model-\d+)">', r'<g class="\1">', text)
    axes = escape(json.dumps([found for each in figure.axes if (found := _shown(each))]))
    svg = svg.replace("<svg ", f'<svg data-axes="{axes}" ', 1)
    (folder / f"{name}.svg").write_text(svg, encoding="utf-8")
    return svg


def _settle(figure: Figure) -> None:
    """Put everything in its place once, not again for every file."""
    engine = figure.get_layout_engine()
    if engine is None:
        return
    every = [axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)]
    named = [axis for axis in every if axis.get_label_text() and axis.get_visible()]
    for axis in every:
        if axis not in named:
            # no place is looked for where there is no name to put
            axis.set_label_coords(0.5, 0.5)
    engine.execute(figure)
    figure.set_layout_engine(None)
    for axes in figure.axes:
        # a colour bar gets its own shape only now
        locate: Any = axes.get_axes_locator()
        axes.apply_aspect(locate(axes, None) if locate else None)
    for axis in named:
        axis.get_tightbbox()
        pixels = axis.label.get_transform().transform(axis.label.get_position())
        x, y = pixels / figure.dpi
        axis.set_label_coords(x, y, transform=figure.dpi_scale_trans)


def _path(text: str) -> str:
    return _AROUND.sub(r"\1", _SHORTER.sub(r"\1", text)).strip()


def _shown(axes: Axes) -> dict[str, Any] | None:
    """Where a panel lies in points, and what its ends are; None where a scale is another one."""
    scales = axes.get_xscale(), axes.get_yscale()
    if not axes.get_visible() or not set(scales) <= {"linear", "log"}:
        return None
    figure = axes.get_figure(root=True)
    assert figure is not None
    size, height = 72 / figure.dpi, figure.bbox.height
    box = axes.get_window_extent()
    ends = (box.x0, box.x1), (height - box.y0, height - box.y1)
    limits = axes.get_xlim(), axes.get_ylim()
    found: dict[str, Any] = {}
    for place, axis in enumerate("xy"):
        pixels = [round(size * end, 2) for end in ends[place]]
        values = [float(f"{end:.6g}") for end in limits[place]]
        found[axis] = [*pixels, *values, int(scales[place] == "log")]
        if words := _words(axes, axis):
            found[f"{axis}words"] = words
    # a panel in the middle has no label of its own, but shares that of its row or column
    labels = {"xlabel": [each.get_xlabel() for each in figure.axes]}
    labels["ylabel"] = [each.get_ylabel() for each in figure.axes]
    own = {"xlabel": axes.get_xlabel(), "ylabel": axes.get_ylabel()}
    for name, several in labels.items():
        found[name] = own[name] or next(filter(None, several), "")
    return found


def _words(axes: Axes, name: str) -> list[str]:
    """The words at 0, 1, … of an axis whose values are no numbers; none where it has no name."""
    axis = {"x": axes.xaxis, "y": axes.yaxis}[name]
    words = list(getattr(axis.get_major_formatter(), "seq", ()))
    counted = list(axis.get_majorticklocs()) == list(range(len(words)))
    return words if counted and axis.get_label_text() else []


def _without_bare_groups(element: str) -> str:
    """The element without the groups that say nothing of what is in them."""
    bare: list[bool] = []

    def kept(found: re.Match[str]) -> str:
        if not found[1]:
            bare.append(found[0].startswith("<g>"))
            return "" if bare[-1] else found[0]
        return "" if bare.pop() else found[0]

    return _GROUP.sub(kept, element)


def inline(svg: str, name: str) -> str:
    """The svg element for a page: ids of its own, and colours that follow the page's scheme.

    `name` is what its ids begin with, and no other figure's; a short one, as markers repeat it.
    """
    element = svg[svg.index("<svg") :].strip()
    element = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", element, flags=re.DOTALL)
    used = re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', element)
    ids = dict.fromkeys(one or other for one, other in used)
    ids = {one: f"{name}-{number}" for number, one in enumerate(ids)}
    element = re.sub(
        r' id="([^"]+)"',
        lambda found: f' id="{ids[found[1]]}"' if found[1] in ids else "",
        element,
    )
    element = re.sub(r'href="#([^"]+)"', lambda found: f'href="#{ids[found[1]]}"', element)
    element = re.sub(r"url\(#([^)]+)\)", lambda found: f"url(#{ids[found[1]]})", element)
    # a hundredth of a point is enough for a screen, and what parts numbers from letters is not read
    element = re.sub(r'(?<= [xy]=")[^"]+', lambda found: _SHORTER.sub(r"\1", found[0]), element)
    element = re.sub(r'(?<= d=")[^"]+', lambda found: _path(found[0]), element)
    element = re.sub(r' transform="rotate\(-0 [^"]+"|(?<=\n)\s+', "", element)
    element = _without_bare_groups(element)
    # of the same widths, where a reader has no DejaVu
    element = element.replace(f"'{core_font.OWN}'", f"'{core_font.OWN}', Verdana, sans-serif")
    for fixed in (*colours.NAMED, *colours.ON_DARK):
        element = element.replace(fixed, f"var({colours.variable(fixed)})")
    # every figure at one scale, whatever its width, so that text has one size on the page; where
    # the page is narrow it keeps a size that can be read, and scrolls
    points = float(re.search(r'width="([\d.]+)pt"', element)[1])  # type: ignore[index]
    share = points / (72 * WIDTH)
    width = f'style="width: {100 * share:.1f}%; min-width: {_LEAST * share:.1f}rem"'
    return re.sub(r'width="[^"]+" height="[^"]+"', width, element, count=1)
