"""The report of evolution strategies: populations, errors in time, and all of trained models."""

import re

import pytest

from memnets.spec import ModelSpec
from reports import build
from reports.results import read
from reports.views.evolution.sections import populations, searched
from reports.views.evolution.view import NO_GRADIENT, Evolution
from reports.views.supervised.view import Supervised
from studies import Evolution as Procedure
from studies import ResultStore, Study, TaskSpec
from studies.running.recorder import FolderRecorder

BITS = {"none": 4.0, "one slot": 2.0, "soft": 1.0}


@pytest.fixture
def store(tmp_path):
    """A finished study in which a seed adds its own number to a model's bits and errors."""
    study = Study(
        name="control",
        question="What is learned where no gradient is needed?",
        tasks={"copy": TaskSpec("copy", {"max_length": 2})},
        models={
            "none": ModelSpec("none"),
            "one slot": ModelSpec("ntm", "straight_through"),
            "soft": ModelSpec("ntm"),
        },
        procedure=Procedure(updates=20, population=8, batch_size=2, solved_errors=0.1),
        seeds=(0, 1, 2),
    )
    store = ResultStore(tmp_path / "control")
    store.declare(study)
    for trial in study.trials():
        store.begin(trial)
        recorder, bits = FolderRecorder(store, trial), BITS[trial.model_label] + trial.seed
        for step in (10, 20):
            row = {"step": step, "sequences": 16 * step, "seconds": float(step)}
            train = {"kind": "train", "length": None, "bits": bits, "population_bits": bits + 0.5}
            recorder.row({**row, **train, "accuracy": 0.6, "errors": bits, "entropy": None})
            for length in (1, 2):
                test = {"kind": "test", "length": length, "bits": bits, "excess_bits": None}
                marks = {"accuracy": 1 - bits / 16, "sequence_accuracy": 0.1, "errors": bits}
                recorder.row({**row, **test, **marks})
        discrete = trial.model.estimator != "soft"
        facts = {"parameters": 100, "updates": 20, "sequences": 320, "seconds": 20.0}
        store.finish(trial, {**facts, "discrete": discrete, "solved": None, "backend": "numba"})
    return store


def test_a_row_per_model_has_the_medians_of_its_seeds_and_its_settings(store):
    found = searched(read(store)).set_index("model")
    assert found["n"].tolist() == [3, 3, 3]
    for model, bits in BITS.items():
        row = found.loc[model]
        assert (row["bits"], row["population_bits"]) == (bits + 1, bits + 1.5)
        assert (row["population"], row["sigma"], row["shaping"]) == (8, 0.05, "centred_ranks")
        assert (row["updates"], row["sequences"], row["parameters"]) == (20, 320, 100)
    shown = populations(read(store)).shown
    assert "Task" not in shown and set(shown["Shaping"]) == {"centred ranks"}


@pytest.mark.usefixtures("svg_only")
def test_the_page_has_the_sections_of_trained_models_after_its_own(store, tmp_path):
    results = read(store)
    slugs = [section.slug for section in Evolution().sections(results)]
    assert slugs == ["search", *(section.slug for section in Supervised().sections(results))]
    assert {"accuracy", "lengths", "time"} <= set(slugs)
    text = build(store, tmp_path / "report").read_text()
    assert re.findall(r'<section id="([^"]+)"', text)[0] == "search"
    assert (tmp_path / "report" / "figures" / "evolution-errors.svg").is_file()
    assert (tmp_path / "report" / "tables" / "populations.csv").is_file()


def test_the_answer_is_that_of_trained_models_and_says_that_nothing_was_differentiated(store):
    results = read(store)
    found, theirs = Evolution().answer(results), Supervised().answer(results)
    assert found.sentence == theirs.sentence and "6.2 percentage points below" in found.sentence
    assert found.caveats == (NO_GRADIENT, *theirs.caveats)
    assert Evolution().key_numbers(results) == Supervised().key_numbers(results)
