"""Accuracy against state, of memories that a study has in several sizes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import pandas as pd

from memnets.spec import ModelSpec

from ... import figures, formats
from ...blocks import Picture
from ...file_names import file_name
from ...results import Results, once
from . import frames, pareto

_STATE = pareto.STATE.column


@once
def frame(results: Results) -> pd.DataFrame:
    """One row per task and model of a memory that is there with states of several sizes.

    `family` is what models have in common that differ in sizes alone, and `memory` what those have
    in common that may differ in their estimator too: the words that their names share.
    """
    models = {trial.model_label: trial.model for trial in results.trials}
    families, memories = _named(models, _family), _named(models, _memory)
    found = pareto.costs(results, pareto.STATE)
    found = found.assign(
        family=found["model"].map(families), memory=found["model"].map(memories)
    ).drop(columns="front")
    several = found.groupby(["task", "family"])[_STATE].transform("nunique") > 1
    return found[several].reset_index(drop=True)


def pictures(results: Results) -> list[Picture]:
    """One for each task whose memories come in several sizes."""
    return [
        _picture(results, str(task), rows)
        for task, rows in frame(results).groupby("task", sort=False)
    ]


def _picture(results: Results, task: str, rows: pd.DataFrame) -> Picture:
    several = len(results.tasks) > 1
    on, tag = (f" on {task}", (task,)) if several else ("", ())
    caption = (
        f"Final accuracy at the trained lengths (IQM, with its 95 % interval over seeds){on} "
        f"against {pareto.STATE.what}; {formats.seeds(rows['n'])} per model. A panel per "
        "estimator; a line joins models that differ in their sizes alone."
    )
    return Picture(
        file_name("sizes", *tag),
        f"Accuracy of each memory against its state{on}",
        caption,
        partial(figures.sizes, rows, chance=frames.chance(results, task)),
        _says(rows),
        rows,
    )


def _says(rows: pd.DataFrame) -> str:
    best = rows.loc[rows["value"].idxmax()]
    ordered = rows.sort_values(_STATE, kind="stable").groupby("family", sort=False)["value"]
    gains = ordered.last() - ordered.first()
    most = str(gains.idxmax())
    gain = f"{most} gains the most from its smallest state to its largest: "
    if gains[most] <= 0:
        gain = f"None gains from its smallest state to its largest; {most} loses the least: "
    return (
        f"The most accurate is {best['model']} ({formats.per_cent(best['value'])} with "
        f"{formats.whole(best[_STATE])} numbers). {gain}{formats.points(gains[most])} points."
    )


def _family(model: ModelSpec) -> dict[str, Any]:
    told = model.to_json()
    del told["controller_size"]
    for options in ("cell_options", "controller_options"):
        told[options] = dict(_beside_sizes(told[options]))
    return told


def _memory(model: ModelSpec) -> dict[str, Any]:
    own = ("estimator", "estimator_options")
    return {name: value for name, value in _family(model).items() if name not in own}


def _beside_sizes(options: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    # what is counted is a size; True and False are no counts
    return ((name, value) for name, value in options.items() if type(value) is not int)


def _named(models: Mapping[str, ModelSpec], key: Any) -> dict[str, str]:
    """By each model's name: that of the group of models with the same key."""
    groups: dict[str, list[str]] = {}
    for name, model in models.items():
        groups.setdefault(json.dumps(key(model), sort_keys=True), []).append(name)
    found: dict[str, str] = {}
    for names in groups.values():
        words = _shared_words(names)
        # words that another group or one of its models is called do not tell this one apart
        others = {"", *found.values(), *models} - set(names)
        found |= dict.fromkeys(names, names[0] if words in others else words)
    return found


def _shared_words(names: list[str]) -> str:
    """The words that all names begin with; those of a name alone are the whole of it."""
    words: list[str] = []
    for at_the_same_place in zip(*(name.split() for name in names), strict=False):
        if len(set(at_the_same_place)) > 1:
            break
        words.append(at_the_same_place[0])
    return " ".join(words).rstrip(",:;-/")
