"""How many trials there are, finished, failed and left to run; and what they took."""

from __future__ import annotations

from . import formats
from .blocks import KeyNumber
from .results import Results

FEW = {2: 51, 3: 78, 4: 88}
"""Of 100 studies with so few seeds, those in which a 95 % interval holds the truth.

The interval is that of an interquartile mean, from 1,000 simulated studies of normal scores each
(tests/reports/statistics/test_resampling.py); with five seeds it is 95.
"""


def trials_finished(results: Results) -> KeyNumber:
    """Finished trials out of all, and the failed ones."""
    failed = f", {len(results.failures)} failed" if len(results.failures) else ""
    return KeyNumber(f"{len(results.facts)} / {results.planned}", f"trials finished{failed}")


def time_spent(results: Results, activity: str) -> KeyNumber:
    """The time that all finished trials count together, tests left out.

    `activity` is what they did, such as "training".
    """
    facts = results.facts
    models = formats.plural(facts["model"].nunique(), "model")
    seconds = float(facts["seconds"].astype(float).sum(min_count=1))
    return KeyNumber(formats.duration(seconds), f"of {activity}, {models} in all")


def missing(results: Results) -> tuple[str, ...]:
    """Caveats: trials that failed, beside others that finished, and trials still to run."""
    notes = []
    if len(results.failures) and len(results.facts):
        count = formats.plural(len(results.failures), "trial")
        notes.append(f"{count} failed and cannot be part of the accuracies.")
    if results.unfinished > 0:
        notes.append(f"{results.unfinished} of {results.planned} trials have not finished yet.")
    return tuple(notes)


def few_seeds(count: int) -> tuple[str, ...]:
    """A caveat where there are too few seeds for an interval to be worth much."""
    if count == 1:
        return ("With a single seed there is no interval, and nothing can be concluded.",)
    if count in FEW:
        return (
            f"With n = {count} seeds an interval shows little more than the spread of {count} "
            f"numbers, and holds the truth in about {FEW[count]} of 100 studies instead of 95: "
            "take it as a hint.",
        )
    return ()
