"""The section about numbers that make a task hard, beside its length."""

import pytest

from memnets.spec import ModelSpec
from reports.results import read
from reports.views.supervised import frames, sections
from reports.views.supervised.view import Supervised as Report
from studies import ResultStore, Study, Supervised, TaskSpec, run


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    options = {"digits": 1, "max_length": 2, "min_nodes": 3, "max_nodes": 4}
    study = Study(
        name="graphs",
        question="Do more nodes make it harder?",
        tasks={"traversal": TaskSpec("graph_traversal", options)},
        models={"lstm": ModelSpec("none", controller_size=6)},
        procedure=Supervised(updates=2, batch_size=2, evaluate_every=1, test_sequences=4),
        seeds=(0, 1),
    )
    store = ResultStore(tmp_path_factory.mktemp("graphs"))
    assert run(study, store, workers=0).failed == 0
    return read(store)


def test_the_last_tests_of_every_number_are_found(results):
    found = frames.at_numbers(results)
    assert len(found) == 2 * (3 + 3) and set(found["step"]) == {2}
    assert sorted(found[found["number"] == "nodes"]["value"]) == [3, 3, 4, 4, 8, 8]
    assert frames.final(results)["number"].isna().all()
    estimates = frames.by_number(results)
    assert len(estimates) == 6 and (estimates["n"] == 2).all()
    nodes = found[(found["number"] == "nodes") & (found["value"] == 8)]["accuracy"].mean()
    eight = estimates[(estimates["number"] == "nodes") & (estimates["at"] == 8)]
    assert eight["value"].item() == pytest.approx(nodes)


def test_each_number_has_a_figure_with_its_trained_range(results):
    section = sections.numbers(results)
    assert [block.name for block in section.blocks] == ["number-nodes", "number-degree"]
    assert "(3 to 4)" in section.blocks[0].caption and "(1 to 3)" in section.blocks[1].caption


def test_a_number_may_have_the_name_of_a_column(tmp_path):
    study = Study(
        name="words",
        question="Are questions of one kind harder?",
        tasks={"babi": TaskSpec("babi", {"kinds": [1, 15]})},
        models={"lstm": ModelSpec("none", controller_size=4)},
        procedure=Supervised(updates=1, batch_size=1, evaluate_every=1, test_sequences=2),
        seeds=(0,),
    )
    store = ResultStore(tmp_path / "words")
    assert run(study, store, workers=0).failed == 0
    results = read(store)
    (picture,) = sections.numbers(results).blocks
    assert picture.name == "number-kind" and picture.figure.axes[0].get_xlabel() == "test kind"
    assert [section.slug for section in Report().sections(results)].count("questions") == 1


def test_a_task_with_a_length_alone_has_no_such_section(demo):
    assert sections.numbers(read(demo)) is None
