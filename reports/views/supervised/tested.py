"""Scores beside what is left of them where the memory is addressed otherwise, or cannot help.

In the controls every read is zero ("cut off"), contents are put back to the initial ones after
every step ("frozen"), or addresses are moved to random slots ("shuffled").
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import pandas as pd

from ... import figures, formats, statistics
from ...blocks import Block, Picture, Section, Table
from ...file_names import file_name
from ...results import Results
from . import frames, tables

CONTROLS = {"cut_off": "cut off", "frozen": "frozen", "shuffled": "shuffled"}
"""Columns of a score, and the control under which it was reached."""


@dataclass(frozen=True)
class Tested:
    """What was tested under other addresses, in columns and in words."""

    score: str
    """The column of what the models reach themselves, and the word for it."""
    addresses: Mapping[str, str]
    """Columns of what is left, and the addresses or controls under which it is."""
    scored: str
    """The score in full, as captions begin."""
    says: str
    """How the same networks were tested again."""
    where: str
    """What it is tested under, as in "under controls"."""
    model: str
    """"A model", as a sentence begins."""
    name: str
    """Of the figures and the table."""
    title: str
    """Of the section and of the table."""

    def beside(self, own: pd.DataFrame, under: Callable[[str], pd.DataFrame]) -> pd.DataFrame:
        """Trials with their own score and a column of what is left of it for each address.

        `under` gives the scores under an address, a row per trial. Trials that were tested under
        none of them, as those without memory, are left out.
        """
        found = own
        for column, address in self.addresses.items():
            scores = under(address)[["trial", self.score]].rename(columns={self.score: column})
            found = found.merge(scores, on="trial", how="left")
        found = found.astype(dict.fromkeys([self.score, *self.addresses], float))
        return found.dropna(subset=list(self.addresses), how="all").reset_index(drop=True)

    def section(
        self, results: Results, models: pd.DataFrame, chance: Mapping[str, float]
    ) -> Section | None:
        """Every model's score beside what is left of it; None where no model has any of these.

        `models` has a row per model, with `seeds` that the means are over; `chance` is the score of
        guessing on tasks where that is known.
        """
        if models.empty:
            return None
        blocks: list[Block] = []
        for task in results.tasks:
            rows = models[models["task"] == task].reset_index(drop=True)
            if len(rows):
                tag = (task,) if len(results.tasks) > 1 else ()
                blocks.append(self._picture(rows, tag, chance.get(task, float("nan"))))
        return Section("controls", self.title, (*blocks, self._table(models)))

    def _picture(self, models: pd.DataFrame, tag: tuple[str, ...], chance: float) -> Picture:
        on = "".join(f" on {task}" for task in tag)
        caption = (
            f"{self.scored} after training{on}, and what is left of it {self.where}; means over "
            f"seeds (IQM), {formats.seeds(models['seeds'])} per model. {self.says}."
        )
        shown = {name: word for name, word in self.addresses.items() if models[name].notna().any()}
        figure = partial(figures.controls, models, names=shown, score=self.score, chance=chance)
        title, name = f"What the memory is worth{on}", file_name(self.name, *tag)
        return Picture(name, title, caption, figure, extremes(models, self.score), models)

    def _table(self, numbers: pd.DataFrame) -> Table:
        columns = {self.score: self.score, **self.addresses}
        text = pd.DataFrame(
            {
                "Task": numbers["task"],
                "Model": numbers["model"],
                **tables.axes(numbers),
                **{
                    word.capitalize(): [formats.per_cent(value) for value in numbers[column]]
                    for column, word in columns.items()
                },
                "n": numbers["seeds"].astype(str),
            }
        )
        caption = (
            f"{self.scored} after training (IQM over n seeds), and what is left of it "
            f"{self.where}. {self.says}. {self.model} that is as good under a control does without "
            "what the control takes away."
        )
        return Table(self.name, self.title, caption, tables.without_one_task(text), numbers)


def extremes(models: pd.DataFrame, score: str) -> str:
    """One sentence: in which model the memory counts for most, and in which for least."""
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


def means(trials: pd.DataFrame, scores: Sequence[str]) -> pd.DataFrame:
    """IQM over seeds of every score, per model; `seeds` is how many trials it has."""
    rows = []
    for key, group in trials.groupby(frames.MODEL, sort=False):
        known = {name: group[name].dropna().to_numpy() for name in scores}
        found = {
            name: float(statistics.iqm(values)) if len(values) else float("nan")
            for name, values in known.items()
        }
        place = dict(zip(frames.MODEL, key, strict=True))
        rows.append({**place, **found, "seeds": group["trial"].nunique()})
    return pd.DataFrame(rows, columns=[*frames.MODEL, *scores, "seeds"])
