"""How long agents take until they solve their environment, in steps and in time."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pandas as pd

from ... import formats
from ...blocks import Block
from ...results import Results, once
from ..most import first_of
from ..supervised import survival
from . import frames


def _steps(value: float) -> str:
    return f"{formats.whole(value)} environment steps"


STEPS = survival.Unit(
    *("step", ("agents", "steps"), "Environment steps", "environment steps"),
    *(_steps, formats.whole, formats.whole),
)
SECONDS = replace(survival.SECONDS, name=("agents", "seconds"))


@once
def times(results: Results, unit: survival.Unit) -> pd.DataFrame:
    """One row per trial that could be solved: `time` in the unit, and `solved`.

    A trial that was not solved is censored at its end, a failed one at the longest of its task.
    """
    ended, broken = frames.finished(results), results.failures
    could = frames.judged(results, broken)
    return survival.censored(ended[ended["judged"]], broken[could], unit.column)


def blocks(results: Results) -> list[Block]:
    """Curves of each task and a table, in steps and in seconds; none where nothing was solved."""
    ranked = frames.summary(results).sort_values("success", ascending=False, kind="stable")
    choose = partial(first_of, ranked=dict.fromkeys(ranked["model"]), which="most successful")
    return [
        block
        for unit in (STEPS, SECONDS)
        for block in survival.of_trials(times(results, unit), unit, choose, results.tasks)
    ]
