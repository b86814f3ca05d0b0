"""The study of all memories: none is left out, and each is as large as the NTM."""

import pytest

from memnets.registry import cells
from memnets.sizes import size_of
from studies.catalog.memories import CELLS, TASKS, TO, memories


def test_every_memory_of_the_registry_takes_part():
    ours = {name for name in cells if cells.is_built_in(name)}
    assert set(CELLS) | {"none"} == ours


def test_all_models_have_equal_parameters_on_every_task():
    study = memories()
    for task in ("copy", "shortest path"):
        sizes = TASKS[task][0].build().network_sizes
        wanted = size_of(study.models[TO], "parameters", **sizes)
        for name, model in study.models.items():
            spec = model if name == TO else model[task]
            assert size_of(spec, "parameters", **sizes) == pytest.approx(wanted, rel=0.01)
