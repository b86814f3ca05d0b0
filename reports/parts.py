"""The parts of a report: what the view of each procedure says of its trials."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from memnets.registry import BrokenPlugin, NameTaken

from . import counts, sections
from .blocks import Answer, KeyNumber, Section
from .file_names import file_name
from .results import Results
from .views import View, views
from .views.rows import Rows


@dataclass(frozen=True)
class Part:
    """What the trials of one procedure show; `title` is empty in a study of one procedure."""

    title: str
    answer: Answer
    key_numbers: tuple[KeyNumber, ...]
    sections: tuple[Section, ...]


def parts(results: Results) -> Iterator[Part]:
    """One part per procedure of the trials that were begun; one in all where none was."""
    procedures = results.procedures
    if len(procedures) < 2:
        yield _part(procedures[0] if procedures else "", results)
        return
    for procedure in procedures:
        yield _titled(procedure, _part(procedure, results.of(procedure)))


def view_of(procedure: str) -> View:
    """The registered view of a procedure; where there is none, its rows and why they are shown."""
    if procedure not in views:
        return Rows(f"no view of {procedure!r} is registered in the group {views.group}")
    try:
        return views.get(procedure)()
    except (BrokenPlugin, NameTaken) as error:
        return Rows(str(error).removesuffix("."))


def _part(procedure: str, results: Results) -> Part:
    if results.facts.empty:
        reason = "every trial failed" if len(results.failures) else "no trial has finished"
        answer = Answer(f"There is no answer yet: {reason}.", counts.missing(results))
        return Part("", answer, (counts.trials_finished(results),), ())
    view = view_of(procedure)
    answer = view.answer(results)
    answer = replace(answer, caveats=(*answer.caveats, *counts.missing(results)))
    found = (*view.sections(results), *sections.registered(procedure, results))
    return Part("", answer, tuple(view.key_numbers(results)), found)


def _titled(procedure: str, part: Part) -> Part:
    """The part as one of several: its sections say which procedure they are about."""
    own = tuple(
        replace(
            section,
            slug=file_name(procedure, section.slug),
            title=f"{section.title} ({procedure})",
        )
        for section in part.sections
    )
    return replace(part, title=procedure, sections=own)
