"""The section on the soft-hard gap: what one slot at test costs, and what memory is for."""

from __future__ import annotations

from functools import partial

import pandas as pd

from ... import figures, formats
from ...blocks import Block, Picture, Section, Table
from ...file_names import file_name
from ...results import Results
from .. import sentences
from . import gap, tables
from .foremost import foremost
from .sections import MARKS

_GAP = (
    "The soft-hard gap is the wrong bits or symbols per test sequence with one slot (the mode of "
    "every weighting) less those with the whole weighting, or with the k slots of a model that "
    "uses no more"
)
_SCALE = "A gap above 1 or below \N{MINUS SIGN}1 is on a logarithmic scale."


def gaps(results: Results) -> Section | None:
    """Gap against entropy and against length, and every score; None where nothing has a gap."""
    final, trials = gap.final(results), gap.at_trained_lengths(results)
    if final.empty:
        return None
    blocks: list[Block] = []
    for task in results.tasks:
        seeds, several = trials[trials["task"] == task], len(results.tasks) > 1
        if seeds.empty:
            continue
        counts = seeds.groupby("model")["trial"].nunique()
        on, tag = (f" on {task}", (task,)) if several else ("", ())
        caption = (
            f"{_GAP}, at the trained lengths, against the mean entropy of the weightings in the "
            f"same test{on}. Each marker is one trained model, {formats.seeds(counts)} per model. "
            f"{MARKS}. {_SCALE}"
        )
        title = f"Soft-hard gap against address entropy{on}"
        shown, left_out = foremost(results, seeds)
        name, figure = file_name("gap-entropy", *tag), partial(figures.gap_entropy, shown)
        says = sentences.gaps(seeds.groupby("model", sort=False)["gap"].median())
        blocks.append(Picture(name, title, f"{caption}{left_out}", figure, says, seeds))
        rows = final[final["task"] == task]
        if rows["length"].nunique() < 2:
            continue
        lines = gap.by_length(results)
        lines = lines[lines["task"] == task]
        low, high = float(rows["min_length"].min()), float(rows["max_length"].max())
        caption = (
            f"{_GAP}, of the trained models at each test length{on}: lines are medians over seeds, "
            f"bands run from the least to the largest, dots are seeds; {formats.seeds(lines['n'])} "
            f"per model. The trained lengths ({low:g} to {high:g}) are shaded. {_SCALE}"
        )
        title = f"Soft-hard gap against test length{on}"
        shown, left_out = foremost(results, lines)
        name = file_name("gap-length", *tag)
        figure = partial(figures.gap_length, shown, rows, trained=(low, high))
        longest = lines[lines["length"] == lines["length"].max()].set_index("model")["gap"]
        says = f"At length {lines['length'].max():g}: {sentences.gaps(longest)}"
        blocks.append(Picture(name, title, f"{caption}{left_out}", figure, says, lines))
    return Section("gap", "The soft-hard gap", (*blocks, scores(results)))


def scores(results: Results) -> Table:
    """Per model and length: wrong under every address, the gap, and the entropy."""
    numbers = gap.by_length(results)
    text = pd.DataFrame(
        {
            "Task": numbers["task"],
            "Model": numbers["model"],
            **tables.axes(numbers),
            "Length": [f"{value:g}" for value in numbers["length"]],
            "Wrong, whole": [formats.number(value) for value in numbers["errors_soft"]],
            "Wrong, one slot": [formats.number(value) for value in numbers["errors_one_slot"]],
            "Gap": [formats.signed(value) for value in numbers["gap"]],
            **gap.controls(numbers),
            "Entropy (nats)": [formats.number(value) for value in numbers["entropy"]],
            "n": numbers["n"].astype(str),
        }
    )
    caption = (
        "One network, tested in several ways at the end of its training: wrong bits or symbols per "
        "sequence with the whole weighting (a model of k slots: with these), with one slot, and "
        "under controls (every read zero; contents put back after every step; addresses moved to "
        "random slots; the last two at trained lengths only). The gap is the second less the "
        "first, taken seed by seed. A network that is no worse with its memory cut off leans on "
        "its controller. Entropy is the mean over steps and heads of the weightings in the test of "
        "the first score. All are medians over n seeds."
    )
    text = tables.without_one_task(text)
    return Table("gap", "Wrong under every address, by length", caption, text, numbers)
