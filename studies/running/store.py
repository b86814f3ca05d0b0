"""Results on disk: one folder per study, one folder in it per trial, rows that are only added.

    runs/<study>/study.json                     schema, name, question, trials that it now has
    runs/<study>/<trial id>/trial.json          what is made; columns from the task
                            metrics.jsonl       one row per line
                            metrics.cache       the same as columns, may be deleted
                            checkpoint.pt       where to resume
                            checkpoint.json     how many rows were written before it
                            trace.npz           evaluated sequences, step by step
                            done.json           facts, number of rows; written last: "finished"
                            failed.json         error and traceback, until a run makes it again
                            attempts.jsonl      when earlier attempts failed, and why
    runs/<study>/claims/<trial id>              which process makes the trial, while it does

One process writes to a trial's folder at a time, that which has its claim; any number may read it.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..design.data import encodable, pretty
from ..design.trial import Trial
from ..procedures.base import Row
from ..procedures.missing import Missing
from . import header, loading
from .attempts_file import FAILED, KEPT, put_aside, read_attempts
from .claims import Claim, take
from .files import NotResults, read_object, write_whole
from .removal import clear_partial
from .rows_file import DONE, ROWS, count_rows, is_finished, read_rows
from .trial_file import FACTORS, TrialFile

if TYPE_CHECKING:
    import pandas as pd

    from ..design.study import Study

    _Read = Callable[[Path], Iterable[Mapping[str, Any]]]


class ResultStore:
    """The results of one study in `folder`, which need not exist before the first is written.

    Raises NotResults for a folder that holds something else. Where nothing can be written, the
    methods that write raise Unwritable, an OSError with one clear line.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        self._parsed: dict[str, tuple[bytes, TrialFile]] = {}
        if header.is_missing(self.folder):
            raise NotResults(
                f"{self.folder} is not a results folder: it holds no study.json. "
                "Name a folder that `memnets study run` wrote, or one that is not there yet."
            )

    # reading

    @property
    def study(self) -> dict[str, Any]:
        """The study's name, question and trial ids; raises NotResults where nothing was run."""
        return header.read(self.folder)

    def is_of(self, study: Study) -> bool:
        """Whether the folder is of this study with these very trials."""
        return header.is_of(self.folder, study)

    def path(self, trial: Trial | str) -> Path:
        """The folder of a trial, given itself or its id."""
        return self.folder / (trial if isinstance(trial, str) else trial.id)

    def trials(self) -> list[Trial]:
        """The study's trials that were begun, as they were stored.

        Trials of an earlier version of the study stay on disk but are not among them.
        """
        return [stored.trial for stored in self._stored()]

    def made_with(self) -> list[tuple[Trial, Mapping[str, str]]]:
        """The trials that were begun, each with the code of its parts at that time."""
        return [(stored.trial, stored.made_with) for stored in self._stored()]

    def is_done(self, trial: Trial | str) -> bool:
        """Whether the trial is finished; raises NotResults where its rows are not all there."""
        return is_finished(self.path(trial))

    def rows(self, trial: Trial | str) -> list[Row]:
        """The rows of one trial, without a half-written last one.

        Raises NotResults for a line that is no JSON, and where rows of a finished trial are gone.
        """
        return read_rows(self.path(trial))

    def load(self, trials: Iterable[Trial] | None = None) -> pd.DataFrame:
        """A tidy frame: one row per stored row, with the factors of the stored trial.

        Of the study's trials as it was last run, or of these, which were begun at some time.
        Rows of a finished trial are kept as columns beside them, where that can be written, until
        they change. Lone surrogates are escaped. Raises NotResults as `rows` does.
        """
        return loading.load(self._folders() if trials is None else map(self.path, trials))

    def facts(self) -> pd.DataFrame:
        """One row per finished trial: its factors and what done.json says.

        Raises NotResults where rows of a finished trial are gone.
        """
        for folder in self._folders():
            self.is_done(folder.name)
        return _frame(self._each(_in_file(DONE)), FACTORS)

    def failures(self) -> pd.DataFrame:
        """One row per failed trial: its factors, the error and the traceback."""
        return _frame(self._each(_in_file(FAILED)), (*FACTORS, "error", "traceback"))

    def attempts(self) -> pd.DataFrame:
        """One row per attempt that failed: its factors, `started`, `finished` and the error."""
        return _frame(self._each(read_attempts), (*FACTORS, *KEPT))

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
        schema = header.schema_for(self.folder, study)
        for trial in study.trials():
            if self.path(trial).is_dir():
                self._describe(trial)
        header.write(self.folder, study, schema)

    def claim(self, trial: Trial) -> Claim:
        """Have the trial to this process; raises Claimed, Unwritable, NotResults (deleted)."""
        self._require_there()
        return take(self.folder, trial.id)

    def begin(self, trial: Trial, code: Mapping[str, str] | None = None) -> None:
        """Make the trial's folder, or take up the one there; a failure becomes an earlier attempt.

        `code` is what `made_with` says in the process that makes the trial; this one where None.
        """
        self._describe(trial, code)
        if not self.rows(trial):
            # nothing is kept of an earlier attempt, so its code is today's
            TrialFile.of(trial, code).write(self.path(trial) / "trial.json")
        put_aside(self.path(trial))
        clear_partial(self.path(trial))

    def finish(
        self,
        trial: Trial,
        facts: Mapping[str, Any],
        trace: Mapping[str, np.ndarray] | None = None,
    ) -> None:
        """Mark the trial as finished, with its facts, its rows and, if there is one, its trace."""
        if trace:
            buffer = io.BytesIO()
            np.savez_compressed(buffer, allow_pickle=False, **trace)
            write_whole(self.path(trial) / "trace.npz", buffer.getvalue())
        counted = {**facts, "rows": count_rows(self.path(trial))}
        _write(self.path(trial) / DONE, counted)
        loading.keep_columns(self.path(trial))

    def fail(self, trial: Trial, facts: Mapping[str, Any]) -> None:
        """Record why the trial failed: facts with at least `error` and `traceback`."""
        self._require_there()
        self._describe(trial)  # its folder may have been deleted while it ran
        put_aside(self.path(trial))
        _write(self.path(trial) / FAILED, dict(facts))

    # parts

    def _require_there(self) -> None:
        if not header.path_of(self.folder).is_file():
            raise NotResults(f"{self.folder} was deleted while its study ran: run it again.")

    def _describe(self, trial: Trial, code: Mapping[str, str] | None = None) -> None:
        path = self.path(trial) / "trial.json"
        if not path.is_file():
            TrialFile.of(trial, code).write(path)
            return
        stored = TrialFile.read(path)
        if stored.trial.to_json() != trial.to_json():
            replace(stored, trial=trial).write(path)

    def _stored(self) -> list[TrialFile]:
        return [self._read(folder) for folder in self._folders()]

    def _folders(self) -> list[Path]:
        return [path for path in map(self.path, self.study["trials"]) if self._begun(path)]

    def _begun(self, folder: Path) -> bool:
        path = folder / "trial.json"
        if path.is_file():
            return True
        if any((folder / name).is_file() for name in (ROWS, DONE)):
            raise NotResults(f"{path} is missing: run the study again to write it anew.")
        return False

    def _read(self, folder: Path) -> TrialFile:
        """What trial.json says; it is not parsed again while it is the same."""
        data = (folder / "trial.json").read_bytes()
        known, stored = self._parsed.get(folder.name, (b"", None))
        if stored is None or known != data:
            stored = TrialFile.of_folder(folder)
            # what is missing today may be installed later
            if not isinstance(stored.trial.procedure, Missing):
                self._parsed[folder.name] = (data, stored)
        return stored

    def _each(self, read: _Read) -> Iterator[dict[str, Any]]:
        for stored in self._stored():
            for found in read(self.path(stored.trial)):
                said = {**stored.factors(), **found}
                yield {key: encodable(value) for key, value in said.items()}


def _in_file(name: str) -> _Read:
    todo = "Delete it and run the study again."
    return lambda folder: [read_object(at, todo)] if (at := folder / name).is_file() else []


def _frame(rows: Iterable[Any], columns: tuple[str, ...]) -> pd.DataFrame:
    import pandas as pd

    frame = pd.DataFrame(list(rows))
    return frame if len(frame) else pd.DataFrame(columns=list(columns))


def _write(path: Path, data: Any) -> None:
    write_whole(path, f"{pretty(data)}\n".encode())
