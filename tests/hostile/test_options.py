"""Every option in Python meets every hostile value: refused in one line, or accepted and meant."""

from collections.abc import Callable, Iterator
from inspect import signature
from pathlib import Path

import pytest

from . import models, procedures, studies, tasks
from .law import Option

FAMILIES: tuple[Callable[..., Iterator[Option]], ...] = (
    models.registered,
    models.of_specs,
    models.of_presets,
    tasks.of_tasks,
    tasks.of_own_sequences,
    tasks.of_lengths,
    tasks.of_tapes,
    tasks.of_environments,
    procedures.of_procedures,
    studies.of_design,
    studies.of_runs,
    studies.of_tests,
)


def options(family: Callable[..., Iterator[Option]], folder: Path) -> Iterator[Option]:
    return family(folder) if signature(family).parameters else family()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__)
def test_every_hostile_value_is_refused_in_one_line_or_meant(family, tmp_path):
    tried, faults = 0, []
    for option in options(family, tmp_path):
        faults += option.faults()
        tried += len(option.hostile)
    assert faults == []
    assert tried > (50 if family is studies.of_tests else 100)


@pytest.mark.slow
def test_there_are_thousands_of_values_and_of_every_registry(tmp_path):
    every = [option for family in FAMILIES for option in options(family, tmp_path)]
    assert sum(len(option.hostile) for option in every) > 20_000
    owners = {option.owner.split()[0].split(".")[0] for option in every}
    known = {"cell", "estimator", "controller", "regulariser", "preset", "task", "tape", "sample"}
    assert known | {"supervised", "evolution", "gradients", "reinforcement", "run"} <= owners
