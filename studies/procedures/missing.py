"""The procedure of a stored trial that cannot be built here: enough for reports, not for a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, final

from memnets.file_names import names_from_file
from memnets.registry import BrokenPlugin, NameTaken, UnknownName

from ..design.data import BadData
from .base import Outcome, Procedure, Recorder, Row, procedures


@final
@dataclass(frozen=True)
class Missing(Procedure):
    """A procedure's name and settings as they were stored, and the `reason` why there is no more.

    It has the name, the JSON and so the trial's id of the procedure that it stands for. Its
    `row_key` and `row_defaults` are those of the registered class, where there is one.
    """

    row_key = ("step",)

    stored: Mapping[str, Any]
    reason: str

    def __post_init__(self) -> None:
        try:
            with names_from_file():
                registered = procedures.get(self.name)
            key, defaults = registered.row_key, registered.row_defaults
        except (UnknownName, BrokenPlugin, NameTaken, AttributeError):
            return
        object.__setattr__(self, "row_key", key)
        object.__setattr__(self, "row_defaults", defaults)

    @staticmethod
    def unless_built(data: Any, where: str) -> Procedure:
        """The procedure that the JSON describes; what was stored where it cannot be built here.

        Raises BadData for JSON that describes no procedure.
        """
        try:
            return Procedure.from_json(data, where)
        except (UnknownName, BrokenPlugin, NameTaken, BadData) as error:
            if not isinstance(data, Mapping) or not isinstance(data.get("name"), str):
                raise
            return Missing(data, str(error.args[0]))

    @property
    def name(self) -> str:
        return self.stored["name"]

    def to_json(self) -> dict[str, Any]:
        return dict(self.stored)

    def takes(self, task: Any) -> NoReturn:
        """Raises BadData, with the reason."""
        raise BadData(f"procedure {self.name!r} cannot be run here: {self.reason}")

    def run(self, trial: Any, recorder: Recorder) -> Outcome:
        """Raises BadData, with the reason."""
        self.takes(trial.task)

    def progress(self, row: Row) -> str:
        return ""
