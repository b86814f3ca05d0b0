"""One try of a search: another procedure with some setting, on a seed that nothing else uses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

from memnets.registry import Registry

from ..design.data import build, plain
from ..design.search import Criterion
from .base import Outcome, Procedure, Recorder, Row, check_procedure, procedures

if TYPE_CHECKING:
    from memnets.spec import ModelSpec

    from ..design.trial import TaskSpec, Trial


@procedures.register("tuning")
@dataclass(frozen=True, kw_only=True)
class Tuning(Procedure):
    """What `of` does, so that a study can choose among settings (`studies.Search`).

    `of`, and the trial's model, have the setting already; `tried` names it, and `criterion` says,
    before anything runs, what the choice goes by. Rows and facts are those of `of`, with whose
    procedure such a trial has everything in common but its name: it is no part of the comparison.
    """

    row_key: ClassVar = ("step",)
    is_try: ClassVar = True

    of: Procedure
    tried: Mapping[str, Any] = field(default_factory=dict)
    criterion: Criterion = field(default_factory=Criterion)

    def __post_init__(self) -> None:
        if isinstance(self.of, Mapping):
            object.__setattr__(self, "of", Procedure.from_json(self.of, "of"))
        check_procedure(self.of, "tuning of: ")
        object.__setattr__(self, "tried", plain(self.tried, "tried"))
        if not isinstance(self.criterion, Criterion):
            object.__setattr__(self, "criterion", build(Criterion, self.criterion, "criterion"))
        # what tells rows apart is what tells those of the other procedure apart
        object.__setattr__(self, "row_key", self.of.row_key)
        object.__setattr__(self, "row_defaults", self.of.row_defaults)

    def to_json(self) -> dict[str, Any]:
        """The name, the other procedure as it would be stored itself, and what is tried."""
        own = {"tried": dict(self.tried), "criterion": plain(vars(self.criterion), self.name)}
        return {"name": self.name, "of": self.of.to_json(), **own}

    def task(self, spec: TaskSpec) -> Any:
        """As the other procedure."""
        return self.of.task(spec)

    def network_sizes(self, spec: TaskSpec) -> Mapping[str, Any]:
        """As the other procedure."""
        return self.of.network_sizes(spec)

    def takes(self, task: Any) -> Mapping[str, Any]:
        """As the other procedure."""
        return self.of.takes(task)

    def require_model(self, model: ModelSpec) -> None:
        """As the other procedure."""
        self.of.require_model(model)

    def require_device(self, device: str) -> None:
        """As the other procedure."""
        self.of.require_device(device)

    def parts(self) -> Iterable[tuple[str, Registry[Any], str]]:
        """The other procedure, where it is of another package, and what its settings name."""
        if not procedures.is_built_in(self.of.name):
            yield "procedure", procedures, self.of.name
        yield from self.of.parts()

    def run(self, trial: Trial, recorder: Recorder) -> Outcome:
        """Make the trial of the other procedure."""
        return self.of.run(replace(trial, procedure=self.of), recorder)

    def seconds_needed(self, trial: Trial, device: str) -> float | None:
        """As the other procedure."""
        return self.of.seconds_needed(replace(trial, procedure=self.of), device)

    def progress(self, row: Row) -> str:
        """As the other procedure."""
        return self.of.progress(row)
