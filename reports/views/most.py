"""A figure of a large study draws some of its models: a page with a thousand lines is unread."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from .. import formats

MOST = 24
"""Models whose lines one figure draws, beside those without memory."""


def first_of(
    frame: pd.DataFrame, ranked: Iterable[str], which: str = "most accurate"
) -> tuple[pd.DataFrame, str]:
    """The rows of the first models in a ranking, and a sentence on those left out.

    All rows, and no sentence, where models are few. Models without memory always stay. `which` are
    the words for the models that are drawn.
    """
    memory = frame[frame["cell"] != "none"]
    count = memory["model"].nunique()
    if count <= MOST:
        return frame, ""
    named = set(memory["model"])
    chosen = [name for name in ranked if name in named][:MOST]
    shown = frame[frame["model"].isin(chosen) | (frame["cell"] == "none")]
    return shown.reset_index(drop=True), (
        f" Of {formats.plural(count, 'model')} with memory the {MOST} {which} are drawn; the csv "
        "file has all."
    )
