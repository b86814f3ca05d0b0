"""What a trained network still knows where its memory cannot help it: beside each score, controls.

A network is tested again with every read zero ("cut off"), with contents that are put back to the
initial ones after every step ("frozen"), and with addresses moved to random slots ("shuffled").
"""

from __future__ import annotations

from functools import partial

import pandas as pd

from ... import figures, formats, statistics
from ...blocks import Block, Picture, Section, Table
from ...file_names import file_name
from ...results import Results, once
from . import frames, tables

CONTROLS = {"cut_off": "cut off", "frozen": "frozen", "shuffled": "shuffled"}
"""Columns of accuracy, and the address under which it was reached."""
SCORES = ["accuracy", *CONTROLS]
_SAYS = (
    "In the controls the same networks answer the same sequences with every read zero (cut off), "
    "with contents that are put back to the initial ones after every step (frozen), and with "
    "addresses moved to slots drawn at random for every sequence, head and step (shuffled)"
)


@once
def final(results: Results) -> pd.DataFrame:
    """One row per trial with memory: accuracy at the trained lengths, its own and of the controls.

    A control that was not tested, as in results of earlier versions, is missing.
    """
    found = frames.at_trained_lengths(frames.final(results), ["accuracy"])
    for column, address in CONTROLS.items():
        scores = frames.at_trained_lengths(frames.final(results, address), ["accuracy"])
        scores = scores[["trial", "accuracy"]].rename(columns={"accuracy": column})
        found = found.merge(scores, on="trial", how="left")
    found = found.astype(dict.fromkeys(CONTROLS, float))
    return found.dropna(subset=list(CONTROLS), how="all").reset_index(drop=True)


@once
def by_model(results: Results) -> pd.DataFrame:
    """IQM over seeds of every score, per model; `seeds` of them."""
    rows = []
    for key, group in final(results).groupby(frames.MODEL, sort=False):
        known = {name: group[name].dropna().to_numpy() for name in SCORES}
        scores = {
            name: float(statistics.iqm(values)) if len(values) else float("nan")
            for name, values in known.items()
        }
        place = dict(zip(frames.MODEL, key, strict=True))
        rows.append({**place, **scores, "seeds": group["trial"].nunique()})
    return pd.DataFrame(rows, columns=[*frames.MODEL, *SCORES, "seeds"])


def controls(results: Results) -> Section | None:
    """Every model's score beside those of its controls; None where no control was tested."""
    models = by_model(results)
    if models.empty:
        return None
    blocks: list[Block] = []
    for task in results.tasks:
        rows = models[models["task"] == task].reset_index(drop=True)
        if rows.empty:
            continue
        on, tag = (f" on {task}", (task,)) if len(results.tasks) > 1 else ("", ())
        caption = (
            f"Accuracy at the trained lengths after training{on}, and what is left of it under "
            f"controls; means over seeds (IQM), {formats.seeds(rows['seeds'])} per model. "
            f"{_SAYS}."
        )
        title = f"What the memory is worth{on}"
        chance = frames.chance(results, task)
        figure = partial(figures.controls, rows, names=CONTROLS, chance=chance)
        name, says = file_name("controls", *tag), extremes(rows, "accuracy")
        blocks.append(Picture(name, title, caption, figure, says, rows))
    return Section("controls", "Controls", (*blocks, _table(models)))


def extremes(models: pd.DataFrame, score: str) -> str:
    """One sentence: in which model the memory counts for most, and in which for least.

    `score` is the column of what the models reach themselves.
    """
    left = models[list(CONTROLS)].max(axis=1)
    worth = (models[score] - left).sort_values(kind="stable")
    least, most = (
        f"{models['model'][at]} ({formats.per_cent(models[score][at])} against "
        f"{formats.per_cent(left[at])} under the mildest control)"
        for at in (worth.index[0], worth.index[-1])
    )
    if len(models) == 1:
        return f"Its memory is worth the difference in {most}."
    return f"The memory is worth most to {most} and least to {least}."


def _table(numbers: pd.DataFrame) -> Table:
    text = pd.DataFrame(
        {
            "Task": numbers["task"],
            "Model": numbers["model"],
            **tables.axes(numbers),
            "Accuracy": [formats.per_cent(value) for value in numbers["accuracy"]],
            **{
                address.capitalize(): [formats.per_cent(value) for value in numbers[column]]
                for column, address in CONTROLS.items()
            },
            "n": numbers["seeds"].astype(str),
        }
    )
    caption = (
        "Accuracy at the trained lengths after training (IQM over n seeds), and that of the "
        f"controls. {_SAYS}. A model that is as good under a control does without what the control "
        "takes away."
    )
    return Table("controls", "Controls", caption, tables.without_one_task(text), numbers)
