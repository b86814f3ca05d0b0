"""How long trials, and a study, still take: by the clock, so that tests count like training."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from ..design.trial import Trial


class Pace:
    """How fast one trial goes, from the shares of it that were done when somebody looked.

    Times are in seconds of any clock. `share` is how much of it was done when it was begun.
    """

    def __init__(self, now: float, share: float = 0.0) -> None:
        self.begun = now
        self._seen = [(now, share)]

    def saw(self, share: float, now: float) -> None:
        """So much of the trial, from 0 to 1, was done by now."""
        if share > self._seen[-1][1]:
            self._seen.append((now, share))

    def left(self, now: float) -> float | None:
        """Seconds until the trial's end; None as long as there is nothing to tell it from."""
        if len(self._seen) < 2:
            return None
        # before the first row, kernels may have been compiled
        first = self._seen[min(1, len(self._seen) - 2)]
        before, last = self._seen[-2:]
        seconds = (last[0] - first[0]) / (last[1] - first[1])
        # what is late has not come further than it should have by now
        since = min(max(now - last[0], 0.0), last[0] - before[0])
        return max(seconds * (1 - last[1]) - since, 0.0)

    def ended(self, now: float) -> float:
        """Seconds that all of such a trial takes, given that this one has ended now."""
        return (now - self.begun) / max(1 - self._seen[0][1], 1e-3)

    def whole(self, now: float) -> float | None:
        """Seconds that all of such a trial takes; None where that is not known."""
        left, share = self.left(now), self._seen[0][1]
        return None if left is None else (now - self.begun + left) / max(1 - share, 1e-3)


Label = tuple[str, str]
"""Task and model of a trial."""


def label_of(trial: Trial) -> Label:
    """By which trials are alike."""
    return trial.task_label, trial.model_label


def study_left(
    running: Sequence[float | None],
    waiting: Iterable[Label | None],
    whole: Iterable[tuple[Label, float]],
) -> float | None:
    """Seconds until the last trial of a study ends, of as many at a time as there are now.

    `running` are those left of each trial under way, None where that is not known; `whole` says of
    trials, ended or not, how long all of one takes. A trial that waits takes what others of its
    task and model do, else, or where these are not known, the mean of all. None where nothing is
    known.
    """
    known: Mapping[Label, list[float]] = defaultdict(list)
    for label, seconds in whole:
        known[label].append(seconds)
    means = {label: sum(values) / len(values) for label, values in known.items()}
    waits = list(waiting)
    if not means:
        return 0.0 if not waits and not running else None
    usual = sum(means.values()) / len(means)
    left = [usual if seconds is None else seconds for seconds in running]
    total = sum(left) + sum(means.get(label, usual) if label else usual for label in waits)
    # the last one cannot be shared
    return max([total / max(len(left), 1), *left])
