"""Every setting of every registered procedure, and of what these settings hold."""

import dataclasses
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, get_type_hints

from memnets.saved import save
from memnets.spec import ModelSpec
from studies.design.trial import TaskSpec, Trial
from studies.procedures.base import procedures
from studies.procedures.supervised import Supervised

from ..studies.recorders import Memory
from .law import Option

SMALL: Mapping[str, Any] = {
    "updates": 2,
    "batch_size": 2,
    "evaluate_every": 1,
    "test_sequences": 2,
    "test_lengths": (1,),
    "population": 2,
    "descent_rollouts": 2,
    "repeats": ((2, 2),),
    "same": 2,
    "warm_up_batch": 2,
    "warm_up_learned": 1,
    "warm_up_averages": 1,
    "total_timesteps": 8,
    "n_envs": 2,
    "n_steps": 2,
    "n_epochs": 1,
    "lstm_hidden_size": 4,
    "test_episodes": 2,
    "backend": "reference",
}
"""Settings by their name that make a trial short."""
OWN: Mapping[str, Mapping[str, Any]] = {"reinforcement": {"evaluate_every": 8}}
"""The same for one procedure."""
NEEDED: Mapping[str, Mapping[str, Any]] = {
    "LessonCurriculum": {"lessons": ({"length": (1, 2)},)},
    "Distillation": {"teacher": "TEACHER"},
    "FineTuning": {"weights": "TEACHER"},
    "Tuning": {"of": Supervised(updates=1, batch_size=2, test_sequences=2, test_lengths=(1,))},
    "Search": {"space": {"learning_rate": (1e-3, 1e-2)}, "seeds": (7,)},
}
"""Settings that a class has no default for, by its name."""
MODEL = ModelSpec("ntm", controller_size=4, cell_options={"slots": 2, "width": 2})
TASK = TaskSpec("copy", {"symbols": 2, "max_length": 1})
LONG = 100
"""A trial with a larger whole number among its settings is declared, and not made."""


def of_procedures(folder: Path) -> Iterator[Option]:
    """All settings; a teacher for those that want one is put into the folder."""
    teacher = folder / "teacher.pt"
    task = TASK.build()
    save(teacher, MODEL.build(**task.network_sizes), MODEL, **task.network_sizes)
    for name in procedures:
        cls: Any = procedures.get(name)
        base = small(cls, name)

        def made(settings: Any, cls: Any = cls, base: Any = base) -> Any:
            return ran(cls(**{**base, **settings}))

        yield from settings_of(name, cls, made, str(teacher))


def small(cls: type, name: str) -> dict[str, Any]:
    """Settings of a procedure with which a trial takes a moment."""
    known = {field.name for field in dataclasses.fields(cls)}
    chosen = {**SMALL, **OWN.get(name, {}), **needed(cls, "")}
    return {setting: value for setting, value in chosen.items() if setting in known}


def needed(cls: type, teacher: str) -> dict[str, Any]:
    """What a class must be given; a failure names one that this file has nothing for."""
    given = {
        name: teacher if value == "TEACHER" else value
        for name, value in NEEDED.get(cls.__name__, {}).items()
    }
    missing = dataclasses.MISSING
    for field in dataclasses.fields(cls):
        has_default = field.default is not missing or field.default_factory is not missing
        assert has_default or field.name in given or not field.init, (
            f"{cls.__name__}.{field.name} has no default: give {__name__}.NEEDED a value for it"
        )
    return given


def ran(procedure: Any) -> list[Any]:
    """The rows of a trial, where it is a short one."""
    trial = Trial(TASK, MODEL, procedure, seed=1)
    if any(type(value) is int and value > LONG for value in vars(procedure).values()):
        return []
    return _rows(trial)


_MADE: dict[str, list[Any]] = {}


def _rows(trial: Trial) -> list[Any]:
    if trial.id not in _MADE:
        _MADE[trial.id] = _made(trial)
    return _MADE[trial.id]


def _made(trial: Trial) -> list[Any]:
    memory = Memory()
    trial.procedure.takes(trial.procedure.task(trial.task))
    trial.procedure.run(trial, memory)
    assert memory.rows
    return [{k: v for k, v in row.items() if isinstance(v, float)} for row in memory.rows]


def settings_of(
    owner: str, cls: type, made: Callable[[Mapping[str, Any]], Any], teacher: str
) -> Iterator[Option]:
    """The fields of a dataclass, and those of the dataclasses that they may hold."""
    hints = get_type_hints(cls)
    for field in dataclasses.fields(cls):
        if not field.init:
            continue

        def use(value: Any, name: str = field.name) -> Any:
            return made({name: value})

        yield Option(owner, field.name, hints[field.name], use)
        for part in parts_of(hints[field.name]):

            def inside(settings: Any, name: str = field.name, part: Any = part) -> Any:
                return made({name: part(**{**needed(part, teacher), **settings})})

            yield from settings_of(f"{owner}.{field.name}.{part.__name__}", part, inside, teacher)


def parts_of(hint: Any) -> Iterator[type]:
    """The dataclasses among what an annotation allows."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        for part in typing.get_args(hint):
            yield from parts_of(part)
    elif dataclasses.is_dataclass(hint):
        yield hint
