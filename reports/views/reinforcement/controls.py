"""What agents still do where their memory is addressed otherwise, or cannot help them."""

from __future__ import annotations

from functools import partial

import pandas as pd

from ... import figures, formats
from ...blocks import Block, Picture, Section, Table
from ...file_names import file_name
from ...results import Results, once
from ..supervised.controls import CONTROLS, extremes
from ..supervised.tables import axes, without_one_task
from . import frames

ADDRESSES = {"soft": "soft", "one_slot": "one slot", **CONTROLS}
"""Columns of success, and the address under which it was reached."""
_SAYS = (
    "The same episodes are played again with whole weightings (soft) and with their mode (one "
    "slot), where that is not how the agent addresses, and as controls with every read zero (cut "
    "off), with contents that are put back to the initial ones after every step (frozen), and with "
    "addresses moved to slots drawn at random for every episode, head and step (shuffled)"
)


@once
def by_model(results: Results) -> pd.DataFrame:
    """IQM over seeds of the last success per model, its own and under every other address.

    `seeds` of them. Models without memory, and results of earlier versions, have no row.
    """
    own = frames.success(results).rename(columns={"value": "success", "n": "seeds"})
    found = own[[*frames.MODEL, "success", "seeds"]]
    for column, address in ADDRESSES.items():
        scores = frames.success(results, address).rename(columns={"value": column})
        found = found.merge(scores[[*frames.MODEL, column]], on=frames.MODEL, how="left")
    found = found.astype(dict.fromkeys(ADDRESSES, float))
    return found.dropna(subset=list(ADDRESSES), how="all").reset_index(drop=True)


def controls(results: Results) -> Section | None:
    """Every agent's success beside that of its controls; None where none was tested."""
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
            f"Success after training{on}, and what is left of it under other addresses; means over "
            f"seeds (IQM), {formats.seeds(rows['seeds'])} per model. {_SAYS}."
        )
        tested = {column: word for column, word in ADDRESSES.items() if rows[column].notna().any()}
        figure = partial(figures.controls, rows, names=tested, score="success")
        title, name = f"What the memory is worth{on}", file_name("agents-controls", *tag)
        says = extremes(rows, "success")
        blocks.append(Picture(name, title, caption, figure, says, rows))
    return Section("controls", "Controls", (*blocks, _table(models)))


def _table(numbers: pd.DataFrame) -> Table:
    text = pd.DataFrame(
        {
            "Task": numbers["task"],
            "Model": numbers["model"],
            **axes(numbers),
            "Success": [formats.per_cent(value) for value in numbers["success"]],
            **{
                address.capitalize(): [formats.per_cent(value) for value in numbers[column]]
                for column, address in ADDRESSES.items()
            },
            "n": numbers["seeds"].astype(str),
        }
    )
    caption = (
        f"Success after training (IQM over n seeds), and under other addresses. {_SAYS}. An agent "
        "that is as good under a control does without what the control takes away."
    )
    title = "Agents under other addresses"
    return Table("agents-addresses", title, caption, without_one_task(text), numbers)
