"""A picture as files: for papers, for pages, and what it draws as numbers."""

from __future__ import annotations

from pathlib import Path

from . import svg
from .blocks import Picture
from .variants import LOOK

DRAWN = ("svg", "png", "pdf")


def write(picture: Picture, folder: Path) -> str:
    """Write the files of `endings`, the figure drawn once for all of them; returns the svg."""
    if picture.data is not None:
        data = picture.data.drop(columns=LOOK, errors="ignore")
        data.to_csv(folder / f"{picture.name}.csv", index=False, lineterminator="\n")
    return svg.save(picture.figure, folder, picture.name, pdf=True)


def endings(picture: Picture) -> tuple[str, ...]:
    """The endings of a picture's files."""
    return DRAWN if picture.data is None else (*DRAWN, "csv")
