"""The section on addressing: where the heads of each model pointed on one test sequence."""

from __future__ import annotations

from functools import partial
from typing import Any

from ... import figures, formats
from ...blocks import Block, Paragraph, Picture, Section
from ...file_names import file_name
from ...memory_kinds import Kind
from ...results import Results
from .. import sentences
from . import frames

MOST = 24
"""Pictures of heads on one page."""


def addressing(results: Results) -> Section | None:
    """One figure per model with memory: the best seed's heads on one evaluated sequence.

    In a large study those of the most accurate models, as many of each task.
    """
    scores = frames.at_trained_lengths(frames.final(results))
    best = scores.sort_values("accuracy", kind="stable").drop_duplicates(
        ["task", "model"], keep="last"
    )
    best = best[best["cell"] != "none"]
    shown, each = best, max(MOST // max(best["task"].nunique(), 1), 1)
    if len(best) > MOST:
        shown = best.groupby("task", sort=False).tail(each)
    pictures = [_picture(results, row) for row in shown.sort_index().itertuples(index=False)]
    blocks: list[Block] = [picture for picture in pictures if picture]
    if not blocks:
        return None
    if len(shown) < len(best):
        blocks.insert(0, Paragraph(_left_out(len(best), each, results)))
    return Section("addressing", "Addressing", tuple(blocks))


def _picture(results: Results, row: Any) -> Picture | None:
    trace = results.trace(row.trial)
    if not len(trace.get("heads", ())):
        return None
    several = len(results.tasks) > 1
    level = formats.per_cent(row.accuracy)
    caption = (
        f"One test sequence through {row.model} ({Kind(row.in_training, row.at_test)}), "
        f"trained on {row.task} with seed {row.seed}, its most accurate ({level} at the "
        "trained lengths; one trial). Left: input, target and output, the last two at scored "
        "steps only. Right: the weight that every head gave each slot (colours on a "
        "square-root scale). Dashed: where the answer begins."
    )
    return Picture(
        file_name("addressing", *((row.task,) if several else ()), row.model),
        f"Addressing of {row.model}{f' on {row.task}' if several else ''}",
        caption,
        partial(figures.addressing, trace),
        sentences.addressing(trace),
    )


def _left_out(count: int, each: int, results: Results) -> str:
    where = f"{each} of each task" if len(results.tasks) > 1 else f"{each}"
    return (
        f"Of {count} models the most accurate are drawn, {where}. "
        "reports.figures.addressing(store.trace(trial)) draws any other."
    )
