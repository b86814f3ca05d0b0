"""The watchers of a training, from the settings of the procedure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .best import Best
from .restarts import Attempts
from .schedules import Average, PlannedRate, RateFall
from .spending import Spending
from .watchers import Watcher, Watchers

if TYPE_CHECKING:
    from .supervised import Supervised

# the best is known before its weights are averaged for good, and before it is given up
IN_ORDER: tuple[type[Watcher], ...] = (PlannedRate, RateFall, Spending, Best, Average, Attempts)


def watchers_of(settings: Supervised) -> Watchers:
    """Those whose settings are given, in the order in which they act."""
    given = ((make, getattr(settings, make.name)) for make in IN_ORDER)
    return Watchers(make(own) for make, own in given if own is not None)
