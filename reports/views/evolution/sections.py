"""What only evolution strategies have: how populations searched, and what it came to in time."""

from __future__ import annotations

from functools import partial

import pandas as pd

from ... import figures, formats
from ...blocks import Block, Picture, Section, Table
from ...file_names import file_name
from ...results import Results, with_columns
from .. import sentences
from ..supervised import frames

SETTINGS = ("population", "sigma", "learning_rate", "shaping")


def search(results: Results) -> Section:
    """Errors against seconds, and the table of populations."""
    blocks: list[Block] = []
    curves = frames.curves(results, x="seconds", y="errors")
    for task in results.tasks:
        frame = curves[curves["task"] == task]
        if frame.empty:
            continue
        tag = (task,) if len(results.tasks) > 1 else ()
        caption = (
            "Wrong bits or symbols per test sequence of the trained lengths against the time that "
            f"populations took, evaluation excluded; interquartile means, {_n(frame['n'])}. "
            "The model tested is the centre of its population."
        )
        title = f"Errors against time{f' on {task}' if tag else ''}"
        figure = partial(figures.learning_curves, frame, x="seconds", y="errors")
        wrong = "number of wrong answers per sequence"
        write = formats.number
        says = sentences.curves(frame, x="seconds", y=wrong, write=write, rising=False)
        name = file_name("evolution-errors", *tag)
        blocks.append(Picture(name, title, caption, figure, says, frame))
    return Section("search", "Search by populations", (*blocks, populations(results)))


def populations(results: Results) -> Table:
    """Per model: settings, what was run, and what the noise costs."""
    numbers = searched(results)
    text = pd.DataFrame(
        {
            "Task": numbers["task"],
            "Model": numbers["model"],
            "Parameters": [formats.whole(value) for value in numbers["parameters"]],
            "Population": [formats.whole(value) for value in numbers["population"]],
            "σ": [formats.number(value) for value in numbers["sigma"]],
            "Rate": [formats.number(value) for value in numbers["learning_rate"]],
            "Shaping": [str(value).replace("_", " ") for value in numbers["shaping"]],
            "Updates": [formats.whole(value) for value in numbers["updates"]],
            "Sequences": [formats.whole(value) for value in numbers["sequences"]],
            "Bits, members": [formats.number(value) for value in numbers["population_bits"]],
            "Bits, centre": [formats.number(value) for value in numbers["bits"]],
        }
    )
    if text["Task"].nunique() == 1:
        text = text.drop(columns="Task")
    caption = (
        "How each model was searched for. Sequences are those that members ran, population times "
        "batch size per update. Bits per training sequence at the last evaluation: of the members, "
        "whose mean is what is descended, and of the centre, which is the model. Medians over "
        f"seeds, {_n(numbers['n'])}."
    )
    return Table("populations", "Populations", caption, text, numbers)


def searched(results: Results) -> pd.DataFrame:
    """One row per task, model and settings: medians over its finished trials."""
    rows = with_columns(results.rows, ["population_bits", "bits"])
    last = rows[rows["kind"] == "train"].drop_duplicates("trial", keep="last")
    told = {trial.id: trial.procedure.to_json() for trial in results.trials}
    facts = with_columns(results.facts, ["updates", "sequences", "parameters"])
    frame = facts.merge(last[["trial", "bits", "population_bits"]], on="trial", how="left")
    own = {name: [told[trial][name] for trial in frame["trial"]] for name in SETTINGS}
    groups = frame.assign(**own).groupby(["task", "model", *SETTINGS], as_index=False, sort=False)
    return groups.agg(
        n=("trial", "size"),
        parameters=("parameters", "first"),
        updates=("updates", "median"),
        sequences=("sequences", "median"),
        population_bits=("population_bits", "median"),
        bits=("bits", "median"),
    )


def _n(counts: pd.Series) -> str:
    return f"{formats.seeds(counts)} per model"
