"""Sections about a search: what it chose, how much each setting matters, and all it tried."""

from __future__ import annotations

from functools import partial

import pandas as pd

from studies.design.search import Criterion

from ... import figures, formats
from ...blocks import Block, Picture, Section, Table
from ...file_names import file_name
from ...results import Results
from ..most import first_of
from . import frames

CHOSEN = "Chosen settings"
"""The title of the table that the answer points to."""


def chosen(results: Results) -> Section:
    """The setting of each model that the comparison is made with."""
    frame = frames.settings(results)
    counts = frame.groupby(["task", "model"], as_index=False, sort=False).agg(
        tried=("score", "size"), runs=("seeds", "sum"), lost=("failed", "sum")
    )
    found = frame[frame["chosen"]].merge(counts, on=["task", "model"])
    shown = _shown(found).assign(
        **{
            "Settings tried": [formats.whole(value) for value in found["tried"]],
            "Trials": [formats.whole(value) for value in found["runs"]],
            "Failed": [formats.whole(value) for value in found["lost"]],
        }
    )
    caption = (
        f"The setting with the {_criterion(results)}, a mean over the search's own seeds; of equal "
        "ones the one that ended after fewer steps. A setting that failed on a seed is not chosen."
    )
    table = Table("chosen-settings", CHOSEN, caption, shown, found)
    return Section("chosen", "What was chosen", (table,))


def sensitivity(results: Results) -> Section | None:
    """Score against each searched setting; None where there is nothing to compare."""
    frame = frames.settings(results)
    blocks: list[Block] = []
    for task in dict.fromkeys(frame["task"]):
        of_task = frame[frame["task"] == task]
        parts = {name: frames.by_value(results, of_task, name) for name in frames.names(frame)}
        parts = {name: part for name, part in parts.items() if part["value"].nunique() > 1}
        if not parts:
            continue
        best = "most" if _maximised(results) else "score"
        parts = {name: part.assign(score=part[best]) for name, part in parts.items()}
        tag = (task,) if frame["task"].nunique() > 1 else ()
        caption = (
            f"The best score reached with each value{f' on {task}' if tag else ''}, whatever the "
            f"other settings were: the {_criterion(results)}, a mean over the search's seeds. "
            "A ring marks what was chosen. A model has its colour of every figure, a cell its "
            "marker; models that share both differ by dash."
        )
        data = pd.concat([part.assign(setting=key) for key, part in parts.items()])
        shown, left_out = first_of(data, _ranking(results, data), "with the best scores")
        drawn = {name: shown[shown["setting"] == name] for name in parts}
        figure = partial(figures.sensitivity, drawn, score=_column(results))
        title = f"Score against each setting{f' on {task}' if tag else ''}"
        name, says = file_name("sensitivity", *tag), _spread(parts)
        blocks.append(Picture(name, title, f"{caption}{left_out}", figure, says, data))
    return (
        Section("sensitivity", "How much each setting matters", tuple(blocks)) if blocks else None
    )


def tried(results: Results) -> Section:
    """Every setting with its score."""
    frame = frames.settings(results)
    shown = _shown(frame).assign(
        **{
            "Seeds": [formats.whole(value) for value in frame["seeds"]],
            "Failed": [formats.whole(value) for value in frame["failed"]],
            "Chosen": ["yes" if value else "" for value in frame["chosen"]],
        }
    )
    caption = "Every setting that was tried; one that failed on a seed has no score."
    return Section("tried", "All that was tried", (Table("tried", "Tried", caption, shown, frame),))


def _shown(frame: pd.DataFrame) -> pd.DataFrame:
    values = {name: [_text(value) for value in frame[name]] for name in frames.names(frame)}
    values = {
        name: texts for name, texts in values.items() if name not in ("tried", "runs", "lost")
    }
    scores = {
        "Score": [formats.number(value) for value in frame["score"]],
        "Steps": [formats.whole(value) for value in frame["steps"]],
    }
    text = pd.DataFrame({"Task": frame["task"], "Model": frame["model"], **values, **scores})
    return text.drop(columns="Task") if text["Task"].nunique() == 1 else text


def _text(value: object) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "–" if value != value else f"{value:g}"
    return str(value)


def _ranking(results: Results, data: pd.DataFrame) -> list[str]:
    """Models by their best score, the best first."""
    most = _maximised(results)
    scores = data.groupby("model", sort=False)["score"]
    best = scores.max() if most else scores.min()
    return list(best.sort_values(ascending=not most, kind="stable").index)


def _spread(parts: dict[str, pd.DataFrame]) -> str:
    """The setting between whose values a model's score differs most, in a sentence."""
    found = [
        (group["score"].max() - group["score"].min(), model, name)
        for name, part in parts.items()
        for model, group in part.groupby("model", sort=False)
    ]
    apart, model, name = max(found, key=lambda each: each[0])
    return f"The widest spread is {model}'s over {name}: {formats.number(apart)}."


def _criterion(results: Results) -> str:
    return str(_criterion_of(results))


def _column(results: Results) -> str:
    return str(_criterion_of(results).column).replace("_", " ")


def _maximised(results: Results) -> bool:
    return bool(_criterion_of(results).maximise)


def _criterion_of(results: Results) -> Criterion:
    criterion: Criterion = results.trials[0].procedure.criterion  # type: ignore[attr-defined]
    return criterion
