"""Where the results of a running trial go: into the trial's folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, final

from ..design.data import BadData, line, pretty
from ..design.trial import Trial
from ..procedures.base import Row
from .claims import Claim
from .files import add_line, cut_half_line, write_whole
from .rows_file import ROWS, keys_of, read_count
from .store import ResultStore


class LostRows(RuntimeError):
    """Rows of a trial went away while it ran, or before it went on; the message names the file."""


@final
class FolderRecorder:
    """Writes rows and checkpoints of one trial into its folder.

    This is the one place that knows which rows are stored already: a row whose `row_key` is in the
    folder is not written again. Every run of the trial begins with `resume`. `watch` is called
    before anything is written, and may raise. From `begin` to `close` no other process makes the
    trial; where another machine took it over, because this one had stopped, whatever would write
    raises Claimed.
    """

    def __init__(
        self,
        store: ResultStore,
        trial: Trial,
        device: str = "cpu",
        watch: Callable[[], None] = lambda: None,
    ) -> None:
        self.device = device
        self._store, self._trial, self._watch = store, trial, watch
        self._folder = store.path(trial)
        self._rows = self._folder / ROWS
        self._claim: Claim | None = None
        self._stored: set[tuple[Any, ...]] = set()
        self._seen: set[tuple[Any, ...]] = set()
        self._count = self._size = 0
        self._read()

    def begin(self, code: Mapping[str, str] | None = None) -> bool:
        """Make the trial's folder or take up the one there; False where it is finished already.

        `code` is what `made_with` says in the process that makes the trial; this one where None.
        Raises Claimed where another process makes the trial.
        """
        self._claim = self._store.claim(self._trial)
        if self._store.is_done(self._trial):
            return False
        # another process may have gone on with it until now, and been killed in a row
        cut_half_line(self._rows)
        self._read()
        self._store.begin(self._trial, code)
        return True

    def close(self) -> None:
        """Let other processes have the trial."""
        if self._claim is not None:
            self._claim.release()
            self._claim = None

    def row(self, row: Row) -> None:
        """Add a row, unless the folder holds it; raises BadData for one that cannot be stored."""
        self._require()
        key = self._key(row)
        if key in self._seen:
            raise BadData(
                f"{self._trial.procedure.name}: two rows of one run have {self._named(key)}: "
                "row_key must name a column that tells them apart."
            )
        text = self._text(row, key)
        self._seen.add(key)
        if key not in self._stored:
            self.check()
            add_line(self._rows, text)
            self._stored.add(key)
            self._count, self._size = self._count + 1, _size(self._rows)

    def save(self, checkpoint: bytes) -> None:
        """Replace the checkpoint."""
        self._require()
        self.check()
        # the rows are on disk, so that a count which is written first is true at any moment
        counted = f"{pretty({'rows': self._count})}\n".encode()
        write_whole(self._folder / "checkpoint.json", counted)
        write_whole(self._folder / "checkpoint.pt", checkpoint)

    def resume(self) -> bytes | None:
        """The last checkpoint, None where there is none; raises LostRows for rows that it counts
        and the folder lacks.
        """
        self._seen = set()
        path = self._folder / "checkpoint.pt"
        if not path.is_file():
            return None
        counts = self._folder / "checkpoint.json"
        counted = read_count(counts) if counts.is_file() else None
        # the first version, which counted none, saved after rows only
        if self._count < (1 if counted is None else counted):
            written = "no rows" if counted is None else f"{self._count} of the {counted} rows"
            raise LostRows(
                f"{self._rows} holds {written}, fewer than were written before the checkpoint: "
                f"delete {self._folder} to make the trial anew."
            )
        return path.read_bytes()

    def check(self) -> None:
        """Raises LostRows where somebody else changed the rows since this run wrote them."""
        there = (self._folder / "trial.json").is_file()
        if not there or _size(self._rows) != self._size:
            what = self._rows if there else self._folder
            raise LostRows(
                f"{what} was changed or deleted while its trial ran, and rows are lost: run the "
                f"study again, or delete {self._folder} first if that says so."
            )

    def finish(self, facts: Mapping[str, Any], trace: Mapping[str, Any]) -> None:
        """Mark the trial as finished."""
        self._require()
        self._store.finish(self._trial, facts, trace)

    def fail(self, facts: Mapping[str, Any]) -> None:
        """Record why the trial failed."""
        self._require()
        self._store.fail(self._trial, facts)

    def _require(self) -> None:
        self._watch()
        if self._claim is not None:
            self._claim.require_held()

    def _read(self) -> None:
        rows = self._store.rows(self._trial)
        self._stored = set(keys_of(self._folder, rows, self._trial.procedure))
        self._count, self._size = len(self._stored), _size(self._rows)

    def _key(self, row: Row) -> tuple[Any, ...]:
        names = self._trial.procedure.row_key
        row = {**self._trial.procedure.row_defaults, **row}
        missing = [name for name in names if name not in row]
        if missing:
            raise BadData(
                f"{self._trial.procedure.name}: a row lacks {missing[0]!r}, which is in row_key; "
                f"it has {', '.join(map(str, row)) or 'nothing'}."
            )
        return tuple(row[name] for name in names)

    def _named(self, key: tuple[Any, ...]) -> str:
        names = self._trial.procedure.row_key
        return ", ".join(f"{name} {value}" for name, value in zip(names, key, strict=True))

    def _text(self, row: Row, key: tuple[Any, ...]) -> str:
        try:
            return line(row)
        except BadData as error:
            raise BadData(f"row of {self._named(key)}: {error}") from error


def _size(path: Any) -> int:
    return path.stat().st_size if path.is_file() else 0
