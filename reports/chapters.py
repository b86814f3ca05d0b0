"""The chapters of a report: one for each procedure, as its view has it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from memnets.registry import BrokenPlugin, NameTaken

from . import sections, trial_counts
from .blocks import Answer, KeyNumber, Section
from .file_names import file_name
from .results import Results
from .views import View, views
from .views.rows import Rows


@dataclass(frozen=True)
class Chapter:
    """What the trials of one procedure show; `title` is empty in a study of one procedure."""

    title: str
    answer: Answer
    key_numbers: tuple[KeyNumber, ...]
    sections: tuple[Section, ...]


def chapters(results: Results) -> Iterator[Chapter]:
    """One chapter per procedure of the trials that were begun; one in all where none was."""
    procedures = results.procedures
    if len(procedures) < 2:
        yield _chapter(procedures[0] if procedures else "", results)
        return
    for procedure in sorted(procedures, key=lambda name: view_of(name).order):
        yield _titled(procedure, _chapter(procedure, results.of(procedure)))


def view_of(procedure: str) -> View:
    """The registered view of a procedure; where there is none, its rows and why they are shown."""
    if procedure not in views:
        return Rows(f"no view of {procedure!r} is registered in the group {views.group}")
    try:
        return views.get(procedure)()
    except (BrokenPlugin, NameTaken) as error:
        return Rows(str(error).removesuffix("."))


def _chapter(procedure: str, results: Results) -> Chapter:
    if results.facts.empty:
        reason = "every trial failed" if len(results.failures) else "no trial has finished"
        answer = Answer(f"There is no answer yet: {reason}.", trial_counts.missing(results))
        return Chapter("", answer, (trial_counts.trials_finished(results),), ())
    view = view_of(procedure)
    answer = view.answer(results)
    answer = replace(answer, caveats=(*answer.caveats, *trial_counts.missing(results)))
    found = (*view.sections(results), *sections.registered(procedure, results))
    return Chapter("", answer, tuple(view.key_numbers(results)), found)


def _titled(procedure: str, chapter: Chapter) -> Chapter:
    """The chapter as one of several: its sections say which procedure they are about."""
    own = tuple(
        replace(
            section,
            slug=file_name(procedure, section.slug),
            title=f"{section.title} ({procedure})",
        )
        for section in chapter.sections
    )
    return replace(chapter, title=procedure, sections=own)
