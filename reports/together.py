"""Several stores read as one, to compare studies, settings or commits on one page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from studies.design.trial import TaskSpec, Trial
    from studies.running.store import ResultStore


class Together:
    """What a report reads of a store, for several of them: their trials side by side.

    A model keeps its label with the name of its study behind it, "ntm/soft (demo)", and a task its
    own where all studies mean the same by it. Ids of trials begin with the name of their study.
    """

    def __init__(self, stores: Mapping[str, ResultStore]) -> None:
        self.stores = dict(stores)

    @property
    def study(self) -> dict[str, Any]:
        """Names, questions, counts and ids of all studies; NotResults where one has no results."""
        found = {name: store.study for name, store in self.stores.items()}
        questions = dict.fromkeys(str(each["question"]) for each in found.values())
        counts: Counter[str] = Counter()
        for each in found.values():
            counts.update(each.get("procedures", {}))
        trials = [f"{name}/{trial}" for name, each in found.items() for trial in each["trials"]]
        return {
            "name": " ".join(found),
            "question": " ".join(questions),
            "procedures": counts,
            "trials": trials,
        }

    def trials(self) -> list[Trial]:
        """The trials of all studies, under ids and labels of their own."""
        return [trial for name in self.stores for trial in self._named(name)]

    def made_with(self) -> list[tuple[Trial, Mapping[str, str]]]:
        """The trials of all studies, as each has them, with the code of their parts."""
        return [each for store in self.stores.values() for each in store.made_with()]

    def load(self) -> pd.DataFrame:
        """The rows of all studies."""
        return self._frame([store.load() for store in self.stores.values()])

    def facts(self) -> pd.DataFrame:
        """The facts of all finished trials."""
        return self._frame([store.facts() for store in self.stores.values()])

    def failures(self) -> pd.DataFrame:
        """The failures of all studies."""
        return self._frame([store.failures() for store in self.stores.values()])

    def attempts(self) -> pd.DataFrame:
        """The attempts of all studies that failed."""
        return self._frame([store.attempts() for store in self.stores.values()])

    def trace(self, trial: str) -> dict[str, np.ndarray]:
        """The evaluated sequence of a trial, given its id here."""
        name, _, own = trial.rpartition("/")
        return self.stores[name].trace(own)

    def _named(self, name: str) -> Iterator[Trial]:
        for trial in self.stores[name].trials():
            found = replace(
                trial,
                task_label=self._task(name, trial.task_label),
                model_label=_of(trial.model_label, name),
            )
            object.__setattr__(found, "stored_id", f"{name}/{trial.id}")
            yield found

    def _frame(self, frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
        parts = [
            frame.assign(
                trial=name + "/" + frame["trial"].astype(str),
                model=[_of(label, name) for label in frame["model"]],
                task=[self._task(name, label) for label in frame["task"]],
            )
            for name, frame in zip(self.stores, frames, strict=True)
            if len(frame)
        ]
        return pd.concat(parts, ignore_index=True) if parts else frames[0]

    def _task(self, name: str, label: str) -> str:
        return _of(label, name) if label in self._ambiguous else label

    @cached_property
    def _ambiguous(self) -> set[str]:
        """Labels of tasks by which studies mean different ones."""
        meant: dict[str, list[TaskSpec]] = {}
        for store in self.stores.values():
            for trial in store.trials():
                meant.setdefault(trial.task_label, []).append(trial.task)
        return {
            label for label, specs in meant.items() if any(spec != specs[0] for spec in specs[1:])
        }


def _of(label: str, name: str) -> str:
    return f"{label} ({name})"
