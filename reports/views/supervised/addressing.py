"""The section on addressing: where the heads of each model pointed on a test sequence."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from studies.procedures.trace_arrays import by_length

from ... import figures, formats
from ...blocks import Block, Paragraph, Picture, Section
from ...file_names import file_name
from ...memory_kinds import Kind
from ...results import Results
from .. import sentences
from . import frames

MOST = 24
"""Pictures of one model each on a page."""
BESIDE = 4
"""Models in one picture."""
OPEN = 6
"""So many pictures of one model are seen at once; of more, all are folded."""
_WEIGHTS = "the weight that every head gave each slot (colours on a square-root scale)"
_DASHED = "Dashed: where the answer begins."


def addressing(results: Results) -> Section | None:
    """Models side by side, at the trained and the longest tested length, then each by itself.

    Of every model the best seed; in a large study the most accurate models, as many of each task.
    """
    scores = frames.at_trained_lengths(frames.final(results))
    best = scores.sort_values("accuracy", kind="stable").drop_duplicates(
        ["task", "model"], keep="last"
    )
    best = best[best["cell"] != "none"]
    shown, each = best, max(MOST // max(best["task"].nunique(), 1), 1)
    if len(best) > MOST:
        shown = best.groupby("task", sort=False).tail(each)
    shown = shown.sort_index()
    shown = shown[[_has_heads(results, trial) for trial in shown["trial"]]]
    if shown.empty:
        return None
    blocks: list[Block] = [*_beside(results, shown)]
    blocks += [_picture(results, row, len(shown) > OPEN) for row in shown.itertuples(index=False)]
    if len(best) > MOST:
        blocks.insert(0, Paragraph(_left_out(len(best), each, results)))
    return Section("addressing", "Addressing", tuple(blocks))


def _has_heads(results: Results, trial: str) -> bool:
    return len(results.trace(trial).get("heads", ())) > 0


def _beside(results: Results, shown: pd.DataFrame) -> Iterator[Picture]:
    """Pictures of several models each, all of them of one task."""
    for task, rows in shown.groupby("task", sort=False):
        if len(rows) < 2:
            continue
        parts = math.ceil(len(rows) / BESIDE)
        for number, places in enumerate(np.array_split(np.arange(len(rows)), parts), 1):
            yield _together(results, str(task), rows.iloc[places], number)


def _together(results: Results, task: str, rows: pd.DataFrame, number: int) -> Picture:
    named = zip(rows["model"], rows["trial"], strict=True)
    traces = {model: by_length(results.trace(trial)) for model, trial in named}
    lengths = list(dict.fromkeys(length for found in traces.values() for length in found))
    at = " and ".join(f"length {length}" for length in lengths if length is not None)
    several = len(results.tasks) > 1
    caption = (
        f"One test sequence{f' of {at}' if at else ''} through the most accurate seed of each "
        f"model (one trial each), trained on {task}: {_WEIGHTS}; of several heads of a kind the "
        f"first. {_DASHED}"
    )
    return Picture(
        file_name("beside", *((task,) if several else ()), str(number)),
        f"Addressing side by side{f' on {task}' if several else ''}: {formats.listed(traces)}",
        caption,
        partial(figures.side_by_side, traces),
        sentences.sharpest({model: next(iter(found.values())) for model, found in traces.items()}),
    )


def _picture(results: Results, row: Any, folded: bool) -> Picture:
    length, trace = next(iter(by_length(results.trace(row.trial)).items()))
    several = len(results.tasks) > 1
    level = formats.per_cent(row.accuracy)
    at = "" if length is None else f" of length {length}"
    caption = (
        f"One test sequence{at} through {row.model} ({Kind(row.in_training, row.at_test)}), "
        f"trained on {row.task} with seed {row.seed}, its most accurate ({level} at the "
        "trained lengths; one trial). Left: input, target and output, the last two at scored "
        f"steps only. Right: {_WEIGHTS}. {_DASHED}"
    )
    return Picture(
        file_name("addressing", *((row.task,) if several else ()), row.model),
        f"Addressing of {row.model}{f' on {row.task}' if several else ''}",
        caption,
        partial(figures.addressing, trace),
        sentences.addressing(trace),
        folded=folded,
    )


def _left_out(count: int, each: int, results: Results) -> str:
    where = f"{each} of each task" if len(results.tasks) > 1 else f"{each}"
    return (
        f"Of {count} models the most accurate are drawn, {where}. "
        "reports.figures.addressing(store.trace(trial)) draws any other."
    )
