"""The registries of views and of report sections; light to import, so that a list is quick."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from memnets.registry import Registry

if TYPE_CHECKING:
    from .blocks import Section
    from .results import Results
    from .views.base import View

views: Registry[type[View]] = Registry("memnets.views", home="reports.views")
"""Views by the name of the procedure whose trials they are about."""

sections: Registry[Callable[[Results], Section | None]] = Registry(
    "memnets.sections", home="reports.sections"
)
"""Sections by "procedure.name"; a function returns None where its section does not apply."""
