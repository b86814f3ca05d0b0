"""Report sections that other packages add to the report of a procedure's trials.

A section is registered under the procedure's name, a dot and a name of its own:

    @sections.register("supervised.calibration")
    def calibration(results: Results) -> Section | None: ...

An entry point of the same name in the group `memnets.sections` does the same from a package.
"""

from __future__ import annotations

from collections.abc import Iterator

from memnets.registry import BrokenPlugin, NameTaken

from .blocks import Paragraph, Section
from .file_names import file_name
from .registries import sections as sections
from .results import Results


def registered(procedure: str, results: Results) -> Iterator[Section]:
    """The registered sections of a procedure, sorted by name.

    A section whose package cannot be imported is replaced by a sentence that says so.
    """
    for name in sections:
        if name.startswith(f"{procedure}."):
            try:
                make = sections.get(name)
            except (BrokenPlugin, NameTaken) as error:
                yield Section(file_name(name), name, (Paragraph(str(error)),))
                continue
            if section := make(results):
                yield section
