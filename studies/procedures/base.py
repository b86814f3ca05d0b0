"""What a procedure is: the way in which a trial is made, as data, and what it writes through."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol, TypeAlias

from memnets.registry import Registry

from ..design.data import BadData, build, plain

if TYPE_CHECKING:
    from memnets.spec import ModelSpec

    from ..design.trial import TaskSpec, Trial

procedures: Registry[type[Procedure]] = Registry("memnets.procedures", home="studies.procedures")

Row: TypeAlias = dict[str, Any]
"""One row of results: names of columns, and numbers, texts or None."""


class BadCheckpoint(BadData):
    """A checkpoint that a procedure cannot go on from; the message says why, in one line."""


class Outcome(NamedTuple):
    """What a procedure returns at the end of a trial.

    `facts` go to done.json (parameters, seconds, solved, …), the arrays of `trace` to trace.npz.
    """

    facts: Mapping[str, Any]
    trace: Mapping[str, Any]


class Recorder(Protocol):
    """Where a trial's results go while it runs, and where they come from when it goes on."""

    device: str
    """The device to compute on."""

    def row(self, row: Row) -> None:
        """Store a row, unless it is stored already (by the procedure's `row_key`)."""

    def save(self, checkpoint: bytes) -> None:
        """Store what `resume` is to give back, in place of the checkpoint before."""

    def resume(self) -> bytes | None:
        """The last checkpoint, None at the start of a trial."""


class Procedure(ABC):
    """A way to make a trial. Every field is part of the trial's id, so all that decides the result
    is a field.

    A procedure is a frozen dataclass whose fields survive JSON and are checked on construction,
    registered under a name in `procedures`.
    """

    __dataclass_fields__: ClassVar[dict[str, Any]]

    row_key: ClassVar[tuple[str, ...]]
    """Columns that tell the rows of a trial apart: no two rows of a run agree in all of them."""

    score: ClassVar[str] = ""
    """The column of rows that tells how well a trial does, which is drawn where one watches."""

    is_try: ClassVar[bool] = False
    """Whether its trials are tries of a search, and no part of the comparison."""

    row_defaults: ClassVar[Mapping[str, Any]] = MappingProxyType({})
    """What a row has in a column of `row_key` that it lacks, as rows of earlier versions may."""

    def task(self, spec: TaskSpec) -> Any:
        """What a trial's task names for this procedure: a task, unless it says otherwise.

        Raises BadData, or UnknownName, where it cannot be built.
        """
        return spec.build()

    def network_sizes(self, spec: TaskSpec) -> Mapping[str, Any]:
        """What a trial's model is built with, beside its own options, for such a task."""
        sizes: Mapping[str, Any] = self.task(spec).network_sizes
        return sizes

    @abstractmethod
    def takes(self, task: Any) -> Mapping[str, Any]:
        """Columns that the rows of a trial get from its task, such as its lengths; often none.

        Raises BadData, with one line, for a task that the procedure cannot work on.
        """

    def require_model(self, model: ModelSpec) -> None:  # noqa: B027  (most train any)
        """Raise BadData, with one line, for a model that its trials cannot train."""

    def require_device(self, device: str) -> None:  # noqa: B027  (most take any)
        """Raise BadData, with one line, where its trials cannot be made on such a device."""

    @abstractmethod
    def run(self, trial: Trial, recorder: Recorder) -> Outcome:
        """Make the trial, or go on with it from `recorder.resume()`.

        A trial that was stopped and goes on gives the rows of one that never stopped. Rows that
        were written after the last checkpoint may be written again.
        """

    @abstractmethod
    def progress(self, row: Row) -> str:
        """The live line after this row; empty where a row has nothing for it.

        Without a time: what is left is told by the clock, from `share_done`.
        """

    def share_done(self, row: Row) -> float | None:
        """How much of the trial is done after this row, from 0 to 1, as far as time goes.

        None, the default, where a row does not tell.
        """
        return None

    def seconds_needed(self, trial: Trial, device: str) -> float | None:
        """About how many seconds the trial takes here, unless it stops before it must.

        It may make and time a small part of the trial, and writes nothing. None, the default, where
        that is not known.
        """
        return None

    def continues(self, earlier: Procedure) -> bool:
        """Whether a finished trial made so is the beginning of one of this procedure, to the bit.

        By default nothing is continued.
        """
        return False

    def anew_for(self, earlier: Procedure) -> tuple[str, ...]:
        """Settings for which a longer trial begins anew that would else continue a shorter one.

        None where it continues it, or is no longer one of the same.
        """
        return ()

    def keeps(self, row: Row, facts: Mapping[str, Any]) -> bool:
        """Whether a row of a trial that `continues` allows is one of this trial's too.

        `facts` are those of the shorter trial's done.json. By default each row is one; a row that
        is written at the end is not, unless this trial ends there too.
        """
        return True

    def taken_over(self, checkpoint: bytes, trial: Trial) -> bytes:
        """The last checkpoint of a trial that `continues` allows, as one of this trial.

        Raises BadCheckpoint where it is none.
        """
        raise BadCheckpoint(f"{self.name} goes on from its own checkpoints only")

    def parts(self) -> Iterable[tuple[str, Registry[Any], str]]:
        """The registered things that settings name: what each is, its registry, its name there.

        Workers must have them, and the code that they come from is stored with the trial. By
        default, none.
        """
        return ()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        key = getattr(cls, "row_key", ("step",))
        if not isinstance(key, tuple) or not key or not all(isinstance(n, str) for n in key):
            raise TypeError(f"{cls.__name__}.row_key is {key!r}; it must be names of columns.")
        # a study of a procedure without a name reads its own files again
        procedures.know(cls)

    @property
    def name(self) -> str:
        """The name under which the class is registered, else its "package.module:name"."""
        cls = type(self)
        return procedures.name_of(cls) or f"{cls.__module__}:{cls.__qualname__}"

    def to_json(self) -> dict[str, Any]:
        """The registered name and all settings, as plain JSON types."""
        return {"name": self.name, **plain(dataclasses.asdict(self), self.name)}

    @staticmethod
    def from_json(data: Any, where: str = "procedure") -> Procedure:
        """The procedure that `to_json` described; raises BadData, or UnknownName for its name."""
        if not isinstance(data, Mapping) or not isinstance(data.get("name"), str):
            raise BadData(f"{where}: expected an object with a name, found {data!r:.60}.")
        cls = procedures.get(data["name"])
        if not (isinstance(cls, type) and issubclass(cls, Procedure)):
            raise BadData(f"{where}: {data['name']!r} is no Procedure but {cls!r:.60}.")
        settings = {name: value for name, value in data.items() if name != "name"}
        return build(cls, settings, where)


def check_procedure(value: Any, owner: str) -> None:
    """Raises BadData, in one line, for what is no procedure or lacks what makes one."""
    example = "such as Supervised(updates=1_000)"
    if not isinstance(value, Procedure):
        raise BadData(f"{owner}procedure is {value!r:.80}; it must be a Procedure, {example}.")
    cls = type(value)
    if "__dataclass_fields__" not in vars(cls) or not hasattr(cls, "row_key"):
        raise BadData(
            f"{owner}procedure {cls.__name__} must be a frozen dataclass with a row_key, so that "
            "its settings are stored and its rows are distinct."
        )
