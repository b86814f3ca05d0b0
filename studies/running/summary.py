"""How a run ended."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Summary:
    """How many trials were finished in this run, were finished before, and failed.

    `elsewhere` are those that another run of the study finished meanwhile.
    """

    done: int
    skipped: int
    failed: int
    interrupted: bool = False
    elsewhere: int = 0

    def __str__(self) -> str:
        others = f"{self.elsewhere} by another run, " if self.elsewhere else ""
        text = f"{self.done} trials done, {others}{self.skipped} were done before"
        text += f", {self.failed} failed"
        if self.interrupted:
            text += "; interrupted: the same command resumes"
        return text

    def then(self, second: Summary) -> Summary:
        """This run and one after it, which met what this one had made as done before."""
        made = self.done + self.failed + self.elsewhere
        return Summary(
            self.done + second.done,
            second.skipped - made,
            self.failed + second.failed,
            second.interrupted,
            self.elsewhere + second.elsewhere,
        )
