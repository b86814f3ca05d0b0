"""Several studies on one page."""

from memnets.spec import ModelSpec
from reports.results import read
from reports.together import Together
from reports.views.supervised import frames, tables
from reports.views.supervised.addressing import addressing
from studies.design.trial import TaskSpec, Trial
from studies.procedures.supervised import Supervised

NAMES = ("ntm/soft", "ntm/reinforce")


def stores(store_of, **other):
    one = store_of(names=NAMES, seeds=(0, 1), name="one", question="One?")
    two = store_of(names=NAMES, seeds=(0, 1), name="two", question="Two?", **other)
    return Together({"one": one, "two": two})


def test_models_stand_side_by_side_under_the_names_of_their_studies(store_of):
    found = read(stores(store_of))
    assert (found.name, found.question) == ("one two", "One? Two?")
    labels = [f"{model} ({study})" for study in ("one", "two") for model in NAMES]
    assert sorted(tables.models(found).shown["Model"]) == sorted(labels)
    # the same settings in both studies are the same trial, and count twice
    assert len(found.facts) == 8 == found.facts["trial"].nunique() and found.planned == 8
    assert found.tasks == ["copy"]
    summary = frames.summary(found).set_index("model")["value"]
    alone = frames.summary(read(found.store.stores["two"])).set_index("model")["value"]
    for model in NAMES:
        assert summary[f"{model} (two)"] == alone[model]
    assert len(addressing(found).blocks) == 1 + 4
    # models of both studies have a cell and an estimator in common, so each has its own colour
    assert found.facts.groupby("model")["variant"].first().nunique() == 4


class Begun:
    """A store of one trial, whose copy task has sequences of up to so many vectors."""

    def __init__(self, longest):
        self.longest = longest

    def trials(self):
        task = TaskSpec("copy", {"max_length": self.longest})
        labels = {"task_label": "copy", "model_label": "NTM"}
        return [Trial(task, ModelSpec("ntm"), Supervised(), 0, **labels)]


def test_a_task_that_means_another_in_each_study_is_two():
    def labels(**stores):
        return [(trial.task_label, trial.model_label) for trial in Together(stores).trials()]

    same = labels(one=Begun(8), two=Begun(8))
    assert same == [("copy", "NTM (one)"), ("copy", "NTM (two)")]
    other = labels(one=Begun(8), two=Begun(16))
    assert other == [("copy (one)", "NTM (one)"), ("copy (two)", "NTM (two)")]


def test_a_failure_keeps_its_study(store_of):
    found = read(stores(store_of, failing=("ntm/reinforce",)))
    assert set(found.failures["model"]) == {"ntm/reinforce (two)"} and len(found.facts) == 6
