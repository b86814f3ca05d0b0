"""A search for settings: what is tried with every model, on which seeds, and by which criterion."""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from .data import BadData, canonical, plain
from .settings import check_number, check_one_of, check_whole, check_wholes, require

if TYPE_CHECKING:
    from memnets.spec import ModelSpec

    from ..procedures.base import Procedure

Setting: TypeAlias = Mapping[str, Any]
"""Values by the names of what they are given to."""


@dataclass(frozen=True)
class Between:
    """Numbers from `low` to `high`, for random draws; `log`: uniform in the logarithm."""

    low: float
    high: float
    log: bool = True
    whole: bool = False

    def __post_init__(self) -> None:
        check_number(self, "between", "low", "high")
        require(self.low < self.high, self, "between", "low", f"below high, {self.high:g}")
        require(not self.log or self.low > 0, self, "between", "low", "above 0 where log is on")

    def draw(self, rng: np.random.Generator) -> float | int:
        """One of them; a logarithmic one has three digits, which is as exact as a search is."""
        if not self.log:
            value = float(rng.uniform(self.low, self.high))
        else:
            value = math.exp(rng.uniform(math.log(self.low), math.log(self.high)))
        value = float(f"{value:.3g}")
        return round(value) if self.whole else value


Space: TypeAlias = Mapping[str, Sequence[Any] | Between]


@dataclass(frozen=True)
class Criterion:
    """What says which setting is best: a column of the tests at the end of a trial.

    It is averaged over the lengths that were trained (`lengths` "trained") or over all that were
    tested ("all"), under the network's own address, then over the seeds of the search. A trial that
    failed is worse than any other. Of equal settings the one that ended after fewer steps is best,
    then the one that is tried first.
    """

    column: str = "errors"
    maximise: bool = False
    lengths: str = "trained"

    def __post_init__(self) -> None:
        good = isinstance(self.column, str) and bool(self.column)
        require(good, self, "criterion", "column", "the name of a column of tests, such as errors")
        require(isinstance(self.maximise, bool), self, "criterion", "maximise", "True or False")
        check_one_of(self, "criterion", "lengths", ("trained", "all"))

    def __str__(self) -> str:
        at = "trained lengths" if self.lengths == "trained" else "all lengths"
        return f"{'most' if self.maximise else 'fewest'} {self.column.replace('_', ' ')} at {at}"


@dataclass(frozen=True)
class Search:
    """The same search for every model of a study, before its comparison.

    `space` maps names to what is tried: a field of the procedure ("learning_rate",
    "schedule.warm_up", "regularisers.address_entropy.weight") or, after "model.", of the model
    ("model.controller_size", "model.estimator_options.weight"). Every combination is tried, or as
    many random `draws`: of values in a list each is as likely, of `Between` as it says. All models
    get the same draws. `own` has what differs for a model, by its name: a name with an empty list
    is not searched there.

    `seeds` are not the study's own, so that no setting is compared on a seed on which it was
    chosen. `procedure` has fields of the procedure that differ in the search, such as fewer
    updates.
    """

    space: Space
    seeds: tuple[int, ...]
    draws: int | None = None
    criterion: Criterion = field(default_factory=Criterion)
    own: Mapping[str, Space] = field(default_factory=dict)
    procedure: Mapping[str, Any] = field(default_factory=dict)
    draw_seed: int = 0

    def __post_init__(self) -> None:
        check_wholes(self, "search", "seeds", least=0)
        check_whole(self, "search", draw_seed=0)
        if self.draws is not None:
            check_whole(self, "search", draws=1)
        wanted = "names and the values to try, such as {'learning_rate': (1e-4, 1e-3)}"
        good = isinstance(self.space, Mapping) and bool(self.space)
        require(good, self, "search", "space", wanted)
        good = isinstance(self.own, Mapping)
        good = good and all(isinstance(space, Mapping) for space in self.own.values())
        require(good, self, "search", "own", f"by model, {wanted}")
        fields = "fields of the procedure and their values"
        require(isinstance(self.procedure, Mapping), self, "search", "procedure", fields)
        for space in (self.space, *self.own.values()):
            self._check(space)

    def _check(self, space: Space) -> None:
        for name, values in space.items():
            listed = isinstance(values, Sequence) and not isinstance(values, str)
            if not (listed or isinstance(values, Between)):
                raise BadData(
                    f"search: {name} is tried at {values!r:.60}; a list of values, or Between(low, "
                    "high) for random draws, is needed."
                )
            if isinstance(values, Between) and self.draws is None:
                raise BadData(
                    f"search: {name} lies between two numbers, which is no grid: give draws, or a "
                    "list of values."
                )

    def settings(self, model: str) -> list[Setting]:
        """What is tried with the model of that name, in order; each once."""
        space = {**self.space, **self.own.get(model, {})}
        space = {name: values for name, values in space.items() if _any(values)}
        if self.draws is None:
            listed = [list(values) for values in space.values()]  # type: ignore[arg-type]
            found = [dict(zip(space, values, strict=True)) for values in product(*listed)]
        else:
            columns = [self._drawn(name, values) for name, values in space.items()]
            found = [dict(zip(space, row, strict=True)) for row in zip(*columns, strict=True)]
            found = found or [{}]
        unique = {canonical(plain(each, "search")): plain(each, "search") for each in found}
        return list(unique.values())

    def _drawn(self, name: str, values: Sequence[Any] | Between) -> list[Any]:
        # a stream for each name: what else is searched does not change its draws
        rng = np.random.default_rng([self.draw_seed, zlib.crc32(name.encode())])
        count = range(self.draws or 0)
        if isinstance(values, Between):
            return [values.draw(rng) for _ in count]
        return [values[int(rng.integers(len(values)))] for _ in count]


def _any(values: Sequence[Any] | Between) -> bool:
    return isinstance(values, Between) or len(values) > 0


def with_setting(
    procedure: Procedure, model: ModelSpec, setting: Setting, where: str
) -> tuple[Procedure, ModelSpec]:
    """A procedure and a model with these values; raises BadData for a name that neither has."""
    from memnets.spec import ModelSpec

    from ..procedures.base import Procedure

    made = {"procedure": procedure.to_json(), "model": model.to_json()}
    for name, value in setting.items():
        first, *path = name.split(".")
        if first != "model":
            path = [first, *path]
        _put(made["model" if first == "model" else "procedure"], path, value, f"{where}: {name}")
    try:
        changed = ModelSpec.from_json(made["model"])
    except (TypeError, ValueError, LookupError, AttributeError) as error:
        raise BadData(f"{where}: {error}") from error
    return Procedure.from_json(made["procedure"], where), changed


def _put(data: dict[str, Any], path: Sequence[str], value: Any, name: str) -> None:
    *outer, last = path or [""]
    for part in outer:
        if data.get(part) is None:
            data[part] = {}
        data = data[part]
        if not isinstance(data, dict):
            raise BadData(f"{name}: {part} is {data!r:.40}, which has no fields.")
    data[last] = value
