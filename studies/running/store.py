"""Results on disk: one folder per study, one folder in it per trial, rows that are only added.

    runs/<study>/study.json                     name, question, the trials that it now consists of
    runs/<study>/<trial id>/trial.json          what was trained
                            metrics.jsonl       one row per line
                            checkpoint.pt       where to resume
                            trace.npz           one evaluated sequence, step by step
                            done.json           facts; written last, so it means "finished"
                            failed.json         error and traceback, until a later run succeeds

One process writes to a trial's folder at a time; any number may read it.
"""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..design.data import BadData
from ..design.trial import Row, Trial
from .files import add_line, read_lines, write_whole

if TYPE_CHECKING:
    import pandas as pd

    from ..design.study import Study

FACTORS = ("trial", "task", "cell", "estimator", "controller", "model", "seed")
LENGTHS = ("min_length", "max_length")


class NotResults(BadData):
    """The folder holds no results, or something in it cannot be read; the message is one line."""


class ResultStore:
    """The results of one study in `folder`, which need not exist before the first is written.

    Raises NotResults for a folder that holds something else. Where nothing can be written, the
    methods that write raise Unwritable, an OSError with one clear line.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        if self.folder.exists() and not self._header.is_file():
            if not self.folder.is_dir() or any(self.folder.iterdir()):
                raise NotResults(
                    f"{self.folder} is not a results folder: it holds no study.json. "
                    "Name a folder that `memnets study run` wrote, or one that is not there yet."
                )

    # reading

    @property
    def study(self) -> dict[str, Any]:
        """The study's name, question and trial ids; raises NotResults where nothing was run."""
        if not self._header.is_file():
            raise NotResults(f"{self.folder} holds no results yet: run the study first.")
        data = _read(self._header, "Run the study again to write it anew.")
        if not isinstance(data, dict) or not {"name", "question", "trials"} <= set(data):
            raise NotResults(f"{self._header} is not a study's: run the study again.")
        return data

    def path(self, trial: Trial | str) -> Path:
        """The folder of a trial, given itself or its id."""
        return self.folder / (trial if isinstance(trial, str) else trial.id)

    def trials(self) -> list[Trial]:
        """The study's trials that were begun, as they were stored.

        Trials of an earlier version of the study stay on disk but are not among them.
        """
        return [trial for trial, _ in self._stored()]

    def is_done(self, trial: Trial) -> bool:
        """Whether the trial is finished."""
        return (self.path(trial) / "done.json").is_file()

    def rows(self, trial: Trial | str) -> list[Row]:
        """The rows of one trial, without a half-written last one."""
        path = self.path(trial) / "metrics.jsonl"
        try:
            return [json.loads(line) for line in read_lines(path)]
        except ValueError as error:
            raise NotResults(f"{path} holds a line that is not JSON: {error}.") from error

    def load(self) -> pd.DataFrame:
        """A tidy frame: one row per stored row, with the factors of the stored trial."""
        found = self._stored()
        rows = [
            {**_factors(trial), **lengths, **row}
            for trial, lengths in found
            for row in self.rows(trial)
        ]
        return _frame(rows, (*FACTORS, *LENGTHS, "step", "sequences", "seconds", "kind", "length"))

    def facts(self) -> pd.DataFrame:
        """One row per finished trial: its factors and what done.json says."""
        return _frame(self._each("done.json"), FACTORS)

    def failures(self) -> pd.DataFrame:
        """One row per failed trial: its factors, the error and the traceback."""
        return _frame(self._each("failed.json"), (*FACTORS, "error", "traceback"))

    def trace(self, trial: Trial | str) -> dict[str, np.ndarray]:
        """The arrays of one evaluated sequence; raises NotResults where there are none."""
        path = self.path(trial) / "trace.npz"
        try:
            with np.load(path, allow_pickle=False) as arrays:
                return dict(arrays)
        except (OSError, ValueError, EOFError, KeyError) as error:
            raise NotResults(f"{path} holds no trace: {error}.") from error

    # writing

    def declare(self, study: Study) -> None:
        """Say which study this folder is of and which trials it consists of now.

        Brings the stored labels up to date and replaces a trial.json that is missing; raises
        NotResults for one that cannot be read.
        """
        if self._header.is_file():
            with contextlib.suppress(NotResults):
                if self.study["name"] != study.name:
                    raise BadData(
                        f"{self.folder} holds the study {self.study['name']!r}, not "
                        f"{study.name!r}: choose another folder."
                    )
        trials = list(study.trials())
        for trial in trials:
            if self.path(trial).is_dir():
                self._describe(trial)
        ids = [trial.id for trial in trials]
        _write(self._header, {"name": study.name, "question": study.question, "trials": ids})

    def begin(self, trial: Trial) -> None:
        """Make the trial's folder, or take up the one there; an earlier failure is forgotten."""
        self._describe(trial)
        with contextlib.suppress(FileNotFoundError):
            (self.path(trial) / "failed.json").unlink()

    def append(self, trial: Trial, row: Row) -> None:
        """Add one row; it is on its way to disk when this returns."""
        add_line(self.path(trial) / "metrics.jsonl", json.dumps(row, allow_nan=False))

    def finish(
        self,
        trial: Trial,
        facts: Mapping[str, Any],
        trace: Mapping[str, np.ndarray] | None = None,
    ) -> None:
        """Mark the trial as finished, with its facts and, if there is one, its trace."""
        if trace:
            buffer = io.BytesIO()
            np.savez_compressed(buffer, allow_pickle=False, **trace)
            write_whole(self.path(trial) / "trace.npz", buffer.getvalue())
        _write(self.path(trial) / "done.json", dict(facts))

    def fail(self, trial: Trial, facts: Mapping[str, Any]) -> None:
        """Record why the trial failed: facts with at least `error` and `traceback`."""
        _write(self.path(trial) / "failed.json", dict(facts))

    # parts

    @property
    def _header(self) -> Path:
        return self.folder / "study.json"

    def _describe(self, trial: Trial) -> None:
        path = self.path(trial) / "trial.json"
        if path.is_file():
            stored, lengths = self._read_trial(path)
            if stored.to_json() == trial.to_json():
                return
        else:
            lengths = dict(zip(LENGTHS, trial.task.build().lengths, strict=True))
        _write(path, {**trial.to_json(), **lengths})

    def _stored(self) -> list[tuple[Trial, dict[str, Any]]]:
        paths = [self.path(name) / "trial.json" for name in self.study["trials"]]
        return [self._read_trial(path) for path in paths if self._begun(path)]

    def _begun(self, path: Path) -> bool:
        if path.is_file() or not (path.parent / "metrics.jsonl").is_file():
            return path.is_file()
        raise NotResults(f"{path} is missing: run the study again to write it anew.")

    def _read_trial(self, path: Path) -> tuple[Trial, dict[str, Any]]:
        remedy = "Delete this file and run the study again; no rows are lost."
        data = _read(path, remedy)
        try:
            lengths = {name: data.pop(name) for name in LENGTHS}
            return Trial.from_json(data, str(path)), lengths
        except (AttributeError, KeyError, TypeError) as error:
            raise NotResults(f"{path} lacks {error}. {remedy}") from error
        except BadData as error:
            raise NotResults(f"{error} {remedy}") from error

    def _each(self, name: str) -> Iterator[dict[str, Any]]:
        for trial in self.trials():
            path = self.path(trial) / name
            if path.is_file():
                yield {**_factors(trial), **_read(path, "Delete it and run the study again.")}


def _factors(trial: Trial) -> dict[str, Any]:
    model = trial.model
    values = (trial.id, trial.task_label, model.cell, model.estimator, model.controller)
    return dict(zip(FACTORS, (*values, trial.model_label, trial.seed), strict=True))


def _frame(rows: Any, columns: tuple[str, ...]) -> pd.DataFrame:
    import pandas as pd

    frame = pd.DataFrame(list(rows))
    return frame if len(frame) else pd.DataFrame(columns=list(columns))


def _read(path: Path, remedy: str) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise NotResults(f"{path} cannot be read: {error}. {remedy}") from error


def _write(path: Path, data: Any) -> None:
    text = json.dumps(data, indent=2, allow_nan=False)
    write_whole(path, f"{text}\n".encode())
