"""Everything together: one self-contained page, and the figures and tables as files beside it."""

from __future__ import annotations

import base64
import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2
import pandas as pd
from markupsafe import Markup

from studies.running.files import clear_errors

from . import colours, fonts, picture_files, table_files
from .beside import beside
from .blocks import Block, Picture, Section, Table
from .chapters import Chapter, chapters
from .drawing import draw
from .failures import failures
from .file_names import free
from .ledger import ledger
from .reproduction import reproduce
from .results import Results, read

if TYPE_CHECKING:
    from studies.running.store import ResultStore

    from .together import Together

MANY = 100_000
"""Rows whose writing is worth a process of its own."""


def build(store: ResultStore | Together, folder: str | PathLike[str]) -> Path:
    """Write the report of a study, or of several together, into `folder` and return its index.html.

    Beside the page: `figures/*.{svg,png,pdf,csv}`, `tables/*.{csv,tex,md}` and `results.csv`, the
    stored rows. These are replaced; nothing else in the folder is touched. The same store gives the
    same bytes. Where `figures` or `tables` is a link, the files are put beside what lies there.

    Raises studies.running.store.NotResults where the store cannot be read, and Unwritable, an
    OSError with one line, where the report cannot be written.
    """
    folder = Path(folder)
    results = read(store)
    with beside(partial(_write_rows, results.everything, folder), len(results.everything) >= MANY):
        found = list(chapters(results))
        named = _unique(list(_sections(found, results)))
    with clear_errors(folder):
        return _write(folder, results, found, named)


def _write_rows(rows: pd.DataFrame, folder: Path) -> None:
    with clear_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        rows.to_csv(folder / "results.csv", index=False, lineterminator="\n")


def _write(folder: Path, results: Results, found: list[Chapter], named: list[Section]) -> Path:
    for name in ("figures", "tables"):
        _empty(folder / name)
    blocks = list(_blocks(named))

    def tables() -> None:
        for block in blocks:
            if isinstance(block, Table):
                table_files.write(block, folder / "tables")

    pictures = [block for block in blocks if isinstance(block, Picture)]
    svgs = draw(pictures, folder / "figures", meanwhile=tables)
    page = folder / "index.html"
    page.write_text(render(results, found, named, svgs), encoding="utf-8")
    return page


def _empty(folder: Path) -> None:
    """Make the folder, without what an earlier report left in it.

    Where it is a link, the folder that it leads to may be somebody's own and loses nothing.
    """
    if folder.is_symlink():
        folder.resolve().mkdir(parents=True, exist_ok=True)
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)


def render(
    results: Results, found: list[Chapter], named: list[Section], svgs: dict[str, str]
) -> str:
    """The page; everything but our own svg is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.tests["numeric"] = table_files.numeric
    script = environment.get_template("report.js.j2").render()
    return environment.get_template("report.html.j2").render(
        script=Markup(script),
        policy=_policy(script),
        models=list(dict.fromkeys(trial.model_label for trial in results.trials)),
        results=results,
        chapters=found,
        sections=named,
        endings=picture_files.endings,
        on_dark={colours.variable(fixed): (fixed, dark) for fixed, dark in colours.ON_DARK.items()},
        notes=fonts.note(_labels(results)),
        svgs={name: Markup(element) for name, element in svgs.items()},
    )


def _policy(script: str) -> str:
    """What a browser may do for the page: load nothing from anywhere, run this script alone."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    allowed = {
        "default-src": "'none'",
        "img-src": "data:",
        "style-src": "'unsafe-inline'",
        "script-src": f"'sha256-{digest}'",
    }
    return "; ".join(f"{what} {where}" for what, where in allowed.items())


def _labels(results: Results) -> set[str]:
    """What a study calls its tasks and models, and what figures name beside them."""
    names = {name for trial in results.trials for name in (trial.task_label, trial.model_label)}
    return names | set(results.rows["cell"]) | set(results.rows["estimator"])


def _sections(found: list[Chapter], results: Results) -> Iterator[Section]:
    """The sections of all chapters, then those that are about the whole study."""
    for chapter in found:
        yield from chapter.sections
    if section := failures(results):
        yield section
    if section := ledger(results):
        yield section
    yield reproduce(results)


def _blocks(named: list[Section]) -> list[Block]:
    return [block for section in named for block in section.blocks]


def _unique(found: list[Section]) -> list[Section]:
    """The sections with names of files and anchors that occur once, however alike labels are."""
    files: set[str] = set()

    def own(block: Block) -> Block:
        if not isinstance(block, Picture | Table):
            return block
        return replace(block, name=free(block.name, files))

    named = [replace(each, blocks=tuple(map(own, each.blocks))) for each in found]
    # in the page, a figure's or table's own ids begin with what they are of
    anchors = {
        f"{kind}-{name}" for kind in ("figure", "table", "title", "about", "says") for name in files
    }
    return [replace(each, slug=free(each.slug, anchors)) for each in named]
