"""trial.json: what is made, with which code, and the columns that its rows get from the task."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from memnets.file_names import names_from_file

from ..design.data import BadData, pretty
from ..design.identity import Outdated
from ..design.trial import Trial
from ..procedures.missing import Missing
from .code_versions import made_with
from .files import NotResults, read_object, write_whole

LENGTHS = ("min_length", "max_length")
"""Columns that the first version stored without a name for them all."""
FACTORS = ("trial", "task", "cell", "estimator", "controller", "model", "seed", "procedure")


PLACE = re.compile(r"[0-9a-f]{12}")
"""The name of a trial's folder, its id."""


def trial_folders(folder: Path) -> list[Path]:
    """What is in a study's folder under the name of a trial, also of an earlier version of it."""
    return sorted(path for path in folder.iterdir() if PLACE.fullmatch(path.name))


@dataclass(frozen=True)
class TrialFile:
    """What stands in a trial's folder about what the trial is."""

    trial: Trial
    columns: Mapping[str, Any]
    made_with: Mapping[str, str]
    """The code of its parts when it began; empty where an earlier version wrote the file."""

    @staticmethod
    def of(trial: Trial, code: Mapping[str, str] | None = None) -> TrialFile:
        """The file of a trial that begins; raises BadData for a task that it cannot be made on.

        `code` is what `made_with` says in the process that makes the trial; this one where None.
        """
        columns = dict(trial.procedure.takes(trial.procedure.task(trial.task)))
        return TrialFile(trial, columns, made_with(trial) if code is None else code)

    @staticmethod
    def read(path: Path) -> TrialFile:
        """The file at `path`; raises NotResults, with the file's name and what would do.

        A procedure that cannot be built here, because its package is not installed, is `Missing`.
        """
        data = read_object(path, ANEW)
        try:
            old = {name: data.pop(name) for name in LENGTHS if name in data}
            columns = old or data.pop("columns")
            code = data.pop("made_with", {})
            with names_from_file():
                trial = Trial.from_json(data, str(path), Missing.unless_built)
            return TrialFile(trial, columns, code)
        except Outdated as error:
            raise NotResults(str(error)) from error
        except BadData as error:
            said = str(error).rstrip(".")
            raise NotResults(f"{said}. {ANEW}") from error
        except (AttributeError, KeyError, TypeError) as error:
            raise NotResults(f"{path} lacks {error}. {ANEW}") from error

    @staticmethod
    def of_folder(folder: Path) -> TrialFile:
        """The file in a trial's folder; raises NotResults, for one of another trial too."""
        path = folder / "trial.json"
        stored = TrialFile.read(path)
        if stored.trial.id != folder.name:
            raise NotResults(
                f"{path} describes another trial than its folder's ({stored.trial.id}): it was "
                f"edited or copied. {ANEW}"
            )
        return stored

    def write(self, path: Path) -> None:
        """Write it whole; raises Unwritable."""
        more = {"columns": dict(self.columns), "made_with": dict(self.made_with)}
        data = {**self.trial.to_json(), **more}
        write_whole(path, f"{pretty(data)}\n".encode())

    def factors(self) -> dict[str, Any]:
        """The columns that tell this trial from the others of its study."""
        trial, model = self.trial, self.trial.model
        labels = (trial.id, trial.task_label, model.cell, model.estimator, model.controller)
        more = (trial.model_label, trial.seed, trial.procedure.name)
        return dict(zip(FACTORS, (*labels, *more), strict=True))


ANEW = "Delete this file and run the study again; no rows are lost."
