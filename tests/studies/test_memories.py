"""The studies of all memories: none is left out, and those compared are equally large."""

import math
from functools import cache

import numpy as np
import pytest

from memnets.registry import cells
from memnets.sizes import size_of
from studies.catalog.memories import CELLS, TASKS, TO, memories
from studies.catalog.multi_query import STATES, multi_query
from studies.catalog.published import PUBLISHED
from studies.design.trial import TaskSpec

study_of_all, study_of_recall = cache(memories), cache(multi_query)


def trials(study):
    """How many a study runs, its search included."""
    pairs = len(study.models) * len(study.tasks)
    rates = math.prod(map(len, study.tuning.space.values())) * len(study.tuning.seeds)
    return pairs * (rates + len(study.seeds))


def test_every_memory_of_the_registry_takes_part():
    ours = {name for name in cells if cells.is_built_in(name)}
    assert set(CELLS) | {"none"} == ours


@pytest.mark.parametrize("name", TASKS)
def test_lengths_to_test_lie_within_the_trained_ones_at_their_end_and_beyond(name):
    spec, lengths = TASKS[name]
    task = spec.build()
    least, most = task.lengths
    assert least <= lengths[0] and most in lengths and lengths[-1] > most
    assert lengths[0] < most or least == most
    sample = task.sample(np.random.default_rng(0), 2, lengths[-1])
    assert sample.mask_TB.any()


def test_all_models_have_equal_parameters_on_every_task():
    study = study_of_all()
    for task in ("copy", "shortest path"):
        sizes = TASKS[task][0].build().network_sizes
        wanted = size_of(study.models[TO], "parameters", **sizes)
        for name, model in study.models.items():
            spec = model if name == TO else model[task]
            assert size_of(spec, "parameters", **sizes) == pytest.approx(wanted, rel=0.01)


def test_memories_of_language_models_have_a_row_as_published():
    study, of_state = study_of_all(), study_of_recall()
    for task in TASKS:
        raven = study.models["raven"][task]
        assert raven.cell_options["routed"] and raven.estimator == "noisy_top_k"
        assert study.models["delta rule"][task].cell_options["keys"] == "l2"
        assert not study.models["delta rule"][task].cell_options["gated"]
        assert study.models["gated delta rule"][task].cell_options["gated"]
        assert study.models["mlstm, as published"][task].cell_options["keys"] == "linear"
    for name in PUBLISHED:
        for state in STATES:
            model = of_state.models[f"{name}, {state:,} numbers"]
            assert not model.feed_read and model.embedding and model.tied


def test_raven_writes_one_in_eight_of_its_slots_whatever_their_number():
    models = [*study_of_all().models["raven"].values()]
    models += [model for name, model in study_of_recall().models.items() if "raven" in name]
    assert len({model.cell_options["slots"] for model in models}) > 3
    for model in models:
        assert abs(model.estimator_options["k"] - model.cell_options["slots"] / 8) <= 1 / 2


def test_models_of_multi_query_recall_carry_the_numbers_that_they_are_named_by():
    sizes = TaskSpec("multi_query_recall").build().network_sizes
    for name, model in study_of_recall().models.items():
        numbers = int(name.rsplit(", ", 1)[1].split(" ")[0].replace(",", ""))
        assert size_of(model, "state", **sizes) == pytest.approx(numbers, rel=0.01)


def test_the_docstrings_tell_the_number_of_trials():
    for of, study in ((memories, study_of_all()), (multi_query, study_of_recall())):
        assert f"{trials(study):,} trials" in " ".join(of.__doc__.split())
