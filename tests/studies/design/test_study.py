"""Studies as data: their trials, and what is refused."""

import dataclasses

import numpy as np
import pytest

from memnets.spec import ModelSpec
from studies import Gradients, Study, Supervised, TaskSpec
from studies.design.data import BadData


def test_a_study_is_every_task_with_every_model_and_seed(study):
    trials = list(study.trials())
    assert len(trials) == len({trial.id for trial in trials}) == 6
    assert {trial.model_label for trial in trials} == set(study.models)
    assert {trial.seed for trial in trials} == {0, 1}
    assert all(trial.procedure == study.procedure for trial in trials)


def test_a_study_refuses_the_same_trial_twice(study):
    with pytest.raises(BadData, match="same trial"):
        dataclasses.replace(study, models={"a": ModelSpec("none"), "b": ModelSpec("none")})


@pytest.mark.parametrize("factor", ["tasks", "models", "seeds"])
def test_a_study_without_a_factor_is_refused(study, factor):
    with pytest.raises(BadData, match=factor):
        dataclasses.replace(study, **{factor: ()})


def test_studies_are_found_and_named_as_registered():
    from studies import studies

    assert {"demo", "discrete_vs_soft", "length_generalisation"} <= set(studies)
    for name in studies:
        found = studies.get(name)()
        assert isinstance(found, Study)
        assert found.name == name
        assert studies.summary(name)
        for trial in {trial.task_label: trial for trial in found.trials()}.values():
            trial.procedure.takes(trial.procedure.task(trial.task))


def test_the_main_study_tunes_all_models_alike_and_compares_them_on_fresh_seeds():
    from studies import studies

    main = studies.get("discrete_vs_soft")()
    pairs = {(m.cell, m.estimator) for m in main.models.values()}
    ways = ("soft", "hardened", "straight_through", "gumbel", "reinforce")
    cells = ("ntm", "dnc", "dntm", "sam")
    assert pairs == {(cell, way) for cell in cells for way in ways} | {("none", "soft")}
    tries = list(main.trials())
    assert len(tries) == 5 * 21 * 4 and {trial.seed for trial in tries} == {0}
    assert len(list(main.expected())) == 5 * 21 * 14 and len(main.seeds) == 10


def test_a_task_and_a_model_on_it_may_have_settings_of_their_own(study):
    two = {"copy": study.tasks["copy"], "long": TaskSpec("copy", {"max_length": 9})}
    fields = {"long": {"updates": 77, "clip_norm": 5.0}, ("long", "ntm/soft"): {"updates": 99}}
    own = dataclasses.replace(study, tasks=two, own=fields)
    for trial in own.trials():
        if trial.task_label == "copy":
            assert trial.procedure == study.procedure
        else:
            assert trial.procedure.updates == (99 if trial.model_label == "ntm/soft" else 77)
            assert trial.procedure.clip_norm == 5.0
    # what is changed afterwards holds for every trial, and nothing else does
    changed = own.with_procedure(dataclasses.replace(own.procedure, updates=3))
    assert {trial.procedure.updates for trial in changed.trials()} == {3}
    assert changed.procedure_of("long", "ntm/soft").clip_norm == 5.0


@pytest.mark.parametrize("key", ["sort", ("copy", "ntm"), ("sort", "ntm/soft")])
def test_own_settings_of_what_is_not_in_the_study_is_refused(study, key):
    with pytest.raises(BadData, match="own is given for.*'copy'"):
        dataclasses.replace(study, own={key: {}})


def test_what_is_own_is_checked(study):
    with pytest.raises(BadData, match="own on 'copy': no field 'update'.*'updates'"):
        dataclasses.replace(study, own={"copy": {"update": 3}})


def test_another_procedure_may_stand_in_the_place_of_the_studys_own(study):
    own = {("copy", "ntm/soft"): Gradients(updates=3)}
    mixed = dataclasses.replace(study, own=own)
    made = {(trial.model_label, trial.procedure.name) for trial in mixed.trials()}
    assert made == {
        ("ntm/soft", "gradients"),
        ("ntm/reinforce", "supervised"),
        ("none/lstm", "supervised"),
    }
    changed = mixed.with_procedure(dataclasses.replace(study.procedure, updates=9))
    assert {trial.procedure.updates for trial in changed.trials()} == {3, 9}


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../x", "a/b", "a\\b", "nul\0", "line\nbreak", " x", "x" * 201, 5, None]
)
def test_the_name_of_a_study_is_that_of_a_folder(study, name):
    with pytest.raises(BadData, match="a study's name is .* a name for a folder") as caught:
        dataclasses.replace(study, name=name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seeds": 5}, "seeds is 5; it must be whole numbers"),
        ({"seeds": "01"}, "seeds is '01'; it must be whole numbers"),
        ({"seeds": (0.5,)}, "seed is 0.5; it must be a whole number"),
        ({"seeds": (2**100,)}, r"seed is .* to 2\*\*64 - 1, such as 0"),
        ({"tasks": {"c": "copy"}}, "task 'c' is 'copy'; a TaskSpec is needed"),
        ({"tasks": [TaskSpec("copy")]}, "tasks is .* names and TaskSpecs"),
        ({"tasks": {1: TaskSpec("copy")}}, "1 names a task or a model; names are text"),
        ({"models": {"m": "ntm"}}, "model 'm' is 'ntm'; a ModelSpec is needed"),
        ({"models": {"m": {"copy": "ntm"}}}, "a ModelSpec is needed"),
        ({"models": [ModelSpec("ntm")]}, "models is .* names and ModelSpecs"),
        ({"procedure": ""}, "procedure is ''; it must be a Procedure"),
        ({"procedure": "studies.training:train"}, "it must be a Procedure, such as Supervised"),
        ({"procedure": Supervised}, "it must be a Procedure, such as Supervised"),
        ({"own": 5}, "own is 5; it must be fields of the procedure"),
        ({"own": {"copy": 5}}, "own of 'copy' is 5"),
        ({"own": {3: {}}}, "own is given for 3"),
    ],
)
def test_what_a_study_cannot_be_made_of_is_named_with_what_would_do(study, change, message):
    with pytest.raises(BadData, match=message) as caught:
        dataclasses.replace(study, **change)
    assert "\n" not in str(caught.value)


def test_seeds_of_numpy_are_taken_as_pythons_own(study):
    ours = dataclasses.replace(study, seeds=(0, 1, 2))
    theirs = dataclasses.replace(study, seeds=np.arange(3))
    assert [trial.id for trial in theirs.trials()] == [trial.id for trial in ours.trials()]
    assert all(type(trial.seed) is int for trial in theirs.trials())


def test_a_part_of_a_study_has_the_same_trials():
    from studies import studies

    whole = studies.get("discrete_tasks")()
    part = whole.part(tasks=["copy"], models=["ntm*", "no memory*"])
    assert list(part.tasks) == ["copy"]
    assert set(part.models) == {n for n in whole.models if n.startswith(("ntm", "no memory"))}
    ids = {trial.id for trial in whole.trials()}
    assert {trial.id for trial in part.trials()} < ids
    assert {trial.id for trial in whole.part().trials()} == ids
    with pytest.raises(BadData, match=r"none of the tasks is 'sort'; they are copy, repeat copy"):
        whole.part(tasks=["sort"])
