"""Everything together: one self-contained page, and the figures and tables as files beside it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2
from markupsafe import Markup

from . import provenance, quality, sections, style, tables, words
from .answer import Answer, answer, compare, solved
from .blocks import Block, Picture, Section, Table
from .kinds import DISCRETE, SOFT
from .results import Results, read

if TYPE_CHECKING:
    from studies.running.store import ResultStore

SECTIONS = (
    quality.errors,
    quality.numbers,
    sections.learning,
    sections.accuracy,
    sections.lengths,
    sections.time,
    sections.statistics,
    sections.addressing,
    provenance.failures,
    provenance.reproduce,
)


def build(store: ResultStore, folder: Path) -> Path:
    """Write the report of a study into `folder` and return its index.html.

    Beside the page: `figures/*.{svg,png}`, `tables/*.{csv,tex,md}` and `results.csv`, the stored
    rows. These are replaced; nothing else in the folder is touched. The same store gives the same
    bytes. Raises studies.running.store.NotResults where the store cannot be read.
    """
    results = read(store)
    found = [section for make in SECTIONS if (section := make(results))]
    named = _unique(found)
    for name in ("figures", "tables"):
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).mkdir(parents=True)
    results.everything.to_csv(folder / "results.csv", index=False, lineterminator="\n")
    svgs = {}
    for block in _blocks(named):
        if isinstance(block, Picture):
            svgs[block.name] = style.save(block.figure, folder / "figures", block.name)
        elif isinstance(block, Table):
            tables.write(block, folder / "tables")
    page = folder / "index.html"
    page.write_text(render(results, answer(results), named, svgs), encoding="utf-8")
    return page


def render(results: Results, found: Answer, named: list[Section], svgs: dict[str, str]) -> str:
    """The page; everything but our own svg is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.tests["numeric"] = tables.numeric
    return environment.get_template("report.html.j2").render(
        results=results,
        answer=found,
        key_numbers=key_numbers(results),
        sections=named,
        svgs={name: Markup(style.inline(svg, name)) for name, svg in svgs.items()},
    )


def key_numbers(results: Results) -> list[tuple[str, str]]:
    """A few numbers to remember, each with what it is."""
    facts = results.facts
    numbers = []
    found = compare(results)
    if found:
        n = words.plural(found.accuracy.n, "seed")
        label = f"percentage points of accuracy, discrete minus soft (n = {n})"
        numbers.append((words.points(found.accuracy.value), label))
    for kind, (done, run) in solved(results).items():
        if kind in (SOFT, DISCRETE):
            numbers.append((f"{done} / {run}", f"runs with {kind} memory solved their task"))
    finished = f"{len(facts)} / {results.planned}"
    failed = f", {len(results.failures)} failed" if len(results.failures) else ""
    numbers.append((finished, f"trials finished{failed}"))
    if len(facts):
        what = "training" if results.tested else "measuring"
        label = f"of {what}, {words.plural(facts['model'].nunique(), 'model')} in all"
        numbers.append((words.duration(float(facts["seconds"].sum())), label))
    return numbers


def _blocks(named: list[Section]) -> list[Block]:
    return [block for section in named for block in section.blocks]


def _unique(found: list[Section]) -> list[Section]:
    """No two pictures with one file name, however alike a study's labels are."""
    taken: set[str] = set()

    def own(block: Block) -> Block:
        if not isinstance(block, Picture | Table):
            return block
        name, count = block.name, 1
        while name in taken:
            count += 1
            name = f"{block.name}-{count}"
        taken.add(name)
        return replace(block, name=name)

    return [
        replace(section, blocks=tuple(own(block) for block in section.blocks)) for section in found
    ]
