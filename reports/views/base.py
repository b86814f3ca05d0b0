"""What a view is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar

from ..blocks import Answer, KeyNumber, Section
from ..results import Results


class View(ABC):
    """What a report says of the trials of one procedure; registered in `views` under the
    procedure's name.

    The results that a view gets hold the trials of that procedure only, and at least one of them
    has finished. Figures and tables are blocks of the sections.
    """

    order: ClassVar[int] = 0
    """Where its chapter stands in a study of several procedures: larger ones come later."""

    @abstractmethod
    def answer(self, results: Results) -> Answer:
        """The answer to the study's question, no bolder than the numbers are.

        The report itself adds how many trials failed and how many have not finished.
        """

    @abstractmethod
    def key_numbers(self, results: Results) -> list[KeyNumber]:
        """A few numbers that stand at the top of the page."""

    @abstractmethod
    def sections(self, results: Results) -> Iterator[Section]:
        """The evidence, in the order in which it is read."""
