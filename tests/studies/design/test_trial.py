"""Trials as data: JSON, ids, and what is refused."""

import dataclasses
import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memnets.backends import backends
from memnets.registry import UnknownName
from memnets.spec import ModelSpec
from studies import Curriculum, Gradients, MixtureCurriculum, Supervised, TaskSpec, Trial
from studies.design.data import BadData

NAME = {"name": "supervised"}
procedures = st.builds(
    Supervised,
    updates=st.integers(1, 10**6),
    batch_size=st.integers(1, 512),
    learning_rate=st.floats(1e-9, 1e3),
    optimiser=st.sampled_from(["adam", "rmsprop", "graves_rmsprop"]),
    clip_norm=st.floats(1e-3, 1e3),
    backend=st.sampled_from(list(backends)),
    evaluate_every=st.integers(1, 1000),
    test_lengths=st.none() | st.lists(st.integers(1, 500), min_size=1).map(tuple),
    solved_errors=st.none() | st.just(0.0) | st.floats(1e-30, 100),
    curriculum=st.none()
    | st.builds(Curriculum, start=st.integers(1, 9), errors=st.just(0.0) | st.floats(1e-30, 9)),
)
options = st.dictionaries(
    st.text(max_size=8), st.integers() | st.text(max_size=5) | st.lists(st.booleans(), max_size=3)
)
trials = st.builds(
    Trial,
    task=st.builds(TaskSpec, name=st.sampled_from(["copy", "priority_sort"]), options=options),
    model=st.builds(
        ModelSpec,
        st.sampled_from(["ntm", "none"]),
        st.sampled_from(["soft", "reinforce"]),
        cell_options=options,
    ),
    procedure=procedures,
    seed=st.integers(0, 2**40),
)


@given(trials)
def test_a_trial_survives_json(trial):
    stored = json.loads(json.dumps(trial.to_json()))
    again = Trial.from_json(stored)
    assert again == trial
    assert again.id == trial.id


def test_the_identity_of_a_trial_is_the_same_on_every_machine_and_day():
    trial = Trial(TaskSpec("copy", {"width": 8}), ModelSpec("ntm"), Supervised(), seed=1)
    # the fields of a model are memnets' own; those of a trial are pinned here
    model = json.dumps(ModelSpec("ntm").to_json(), sort_keys=True, separators=(",", ":"))
    text = (
        f'{{"model":{model},'
        '"procedure":"studies.training:train","seed":1,'
        '"task":{"name":"copy","options":{"width":8}},'
        '"training":{"backend":"auto","batch_size":16,"clip_norm":10.0,"curriculum":null,"evaluate_every":100,'
        '"learning_rate":0.001,"optimiser":"adam","regularisers":{},"solved_errors":null,'
        '"test_lengths":null,"test_sequences":64,"updates":1000}}'
    )
    assert trial.id == hashlib.sha256(text.encode()).hexdigest()[:12]


def test_every_option_is_part_of_the_identity(trial):
    others = [
        dataclasses.replace(trial, seed=4),
        dataclasses.replace(trial, procedure=Gradients()),
        dataclasses.replace(trial, task=TaskSpec("copy", {"width": 3, "max_length": 2})),
        dataclasses.replace(trial, model=dataclasses.replace(trial.model, controller="gru")),
        *(
            dataclasses.replace(trial, procedure=dataclasses.replace(trial.procedure, **change))
            for change in [
                {"updates": 7},
                {"batch_size": 3},
                {"learning_rate": 2e-3},
                {"optimiser": "rmsprop"},
                {"clip_norm": 1.0},
                {"baseline_clip_norm": 10.0},
                {"evaluate_every": 3},
                {"test_lengths": None},
                {"test_sequences": 4},
                {"solved_errors": 0.1},
                {"curriculum": Curriculum()},
                {"curriculum": MixtureCurriculum()},
                {"curriculum": MixtureCurriculum(decay=0.9)},
                {"backend": "reference"},
            ]
        ),
    ]
    assert len({trial.id, *(other.id for other in others)}) == len(others) + 1


def test_a_label_is_no_part_of_the_identity(trial):
    assert dataclasses.replace(trial, model_label="another name").id == trial.id


@pytest.mark.parametrize("seed", [-1, 0.5, True])
def test_a_seed_is_a_whole_number(trial, seed):
    with pytest.raises(BadData, match="seed"):
        dataclasses.replace(trial, seed=seed)


def test_a_task_option_that_does_not_exist_is_named_with_the_nearest_one():
    with pytest.raises(BadData, match="no option 'widht'.*'width'"):
        TaskSpec("copy", {"widht": 3}).build()
    with pytest.raises(UnknownName, match="'copy'"):
        TaskSpec("copi").build()


def test_options_that_json_cannot_hold_are_refused():
    with pytest.raises(BadData, match="cannot be written as JSON"):
        TaskSpec("copy", {"width": object()})


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (["task"], "trial.json.*'task' is missing"),
        (["seed"], "trial.json.*'seed' is missing"),
        (["task", "name"], "trial.json, task.*'name' is missing"),
        (["model", "cell"], "trial.json, model.*cell"),
    ],
)
def test_a_missing_field_is_named(trial, path, message):
    data = trial.to_json()
    part = data
    for name in path[:-1]:
        part = part[name]
    del part[path[-1]]
    with pytest.raises(BadData, match=message) as caught:
        Trial.from_json(data, "trial.json")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sede": 1}, "no field 'sede'. Did you mean 'seed'"),
        ({"procedure": {**NAME, "updates": "many"}}, "procedure: updates is 'many'"),
        ({"procedure": {**NAME, "curriculum": {"begin": 3}}}, "curriculum: no field 'begin'"),
        ({"procedure": {**NAME, "update": 3}}, "procedure: no field 'update'.*'updates'"),
        ({"procedure": 3}, "procedure: expected an object"),
        ({"procedure": {"updates": 3}}, "procedure: expected an object with a name"),
        ({"model": {"cell": "ntm", "size": 3}}, "model: .*'size'"),
        ({"model": 3}, "model: "),
        ({"task": {"name": "copy", "options": 3}}, "options are a mapping"),
        ({"seed": "one"}, "seed is 'one'"),
    ],
)
def test_a_wrong_field_is_named(trial, change, message):
    with pytest.raises(BadData, match=message) as caught:
        Trial.from_json({**trial.to_json(), **change}, "trial.json")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("data", [None, 3, [], "trial"])
def test_what_is_no_object_is_no_trial(data):
    with pytest.raises(BadData, match="expected an object"):
        Trial.from_json(data)
