"""The section about trials that failed or have not finished."""

from __future__ import annotations

from collections import Counter
from typing import Any

from . import formats
from .blocks import Block, Failure, Failures, Paragraph, Section
from .results import Results


def failures(results: Results) -> Section | None:
    """Every failed trial with its traceback, and how many have not finished."""
    blocks: list[Block] = []
    if results.unfinished > 0:
        blocks.append(
            Paragraph(
                f"{results.unfinished} of {results.planned} trials have not finished; they are "
                "left out everywhere. Running the study again takes them up where they are."
            )
        )
    entries = tuple(
        Failure(str(row.trial), f"{row.model} on {row.task}, seed {row.seed}", *_reason(row))
        for row in results.failures.itertuples(index=False)
    )
    if entries:
        count = formats.plural(len(entries), "trial")
        errors = Counter(entry.error for entry in entries).most_common(3)
        often = "; ".join(f"{times} × {error}" for error, times in errors)
        blocks += [Paragraph(f"{count} failed: {often}."), Failures(entries)]
    title = "What failed" if entries else "What has not finished"
    return Section("failures", title, tuple(blocks)) if blocks else None


def _reason(row: Any) -> tuple[str, str]:
    error = row.error if isinstance(row.error, str) else "no error was recorded"
    return error, row.traceback if isinstance(row.traceback, str) else ""
