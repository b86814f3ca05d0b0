"""A study whose models have equal sizes on every task."""

import pytest

from memnets.sizes import size_of
from memnets.spec import ModelSpec
from studies import Study, Supervised, TaskSpec
from studies.design.data import BadData
from studies.design.matching import equal_sizes

TASKS = {"copy": TaskSpec("copy", {"width": 4}), "wide": TaskSpec("copy", {"width": 40}),
         "long": TaskSpec("copy", {"width": 4, "max_length": 30})}  # fmt: skip
MODELS = {"ntm": ModelSpec("ntm"), "dnc": ModelSpec("dnc"), "none": ModelSpec("none")}


def test_each_model_is_as_large_as_the_one_named_on_every_task():
    models = equal_sizes(MODELS, TASKS, "parameters", to="ntm")
    assert list(models) == list(MODELS) and models["ntm"] == MODELS["ntm"]
    for name in ("dnc", "none"):
        for task, spec in TASKS.items():
            sizes = spec.build().network_sizes
            wanted = size_of(MODELS["ntm"], "parameters", **sizes)
            assert size_of(models[name][task], "parameters", **sizes) == pytest.approx(
                wanted, rel=0.01
            )
        assert models[name]["copy"] == models[name]["long"] != models[name]["wide"]
    study = Study("equal", "?", TASKS, models, Supervised(updates=1), seeds=(0,))
    assert len({trial.model for trial in study.trials()}) == 5


def test_what_cannot_be_matched_is_one_line():
    with pytest.raises(BadData, match="to is 'sam'; it must be one of the models ntm, dnc, none"):
        equal_sizes(MODELS, TASKS, "parameters", to="sam")
    tiny = {"tiny": ModelSpec("none", controller_size=1), "dnc": ModelSpec("dnc")}
    with pytest.raises(BadData, match="dnc is not made as large as tiny on copy: no sizes of dnc"):
        equal_sizes(tiny, TASKS, "parameters", to="tiny")
    with pytest.raises(BadData, match="measure 'weight' is not one of parameters, state, flops"):
        equal_sizes(MODELS, TASKS, "weight", to="ntm")
    for to in ("small", "none"):
        small = {"small": ModelSpec("ntm", cell_options={"slots": 0}), "none": ModelSpec("none")}
        with pytest.raises(BadData, match="small .*on copy: .*slots must be .* at least 1"):
            equal_sizes(small, TASKS, "parameters", to=to)


def test_a_models_sizes_do_not_hang_on_which_others_the_study_has():
    # an estimator with a baseline has parameters of its own
    options = {"slots": 16, "width": 8}
    own = {
        name: ModelSpec("ntm", name, controller_size=100, cell_options=options)
        for name in ("soft", "reinforce")
    }
    to = {"none": ModelSpec("none", controller_size=40)}
    alone = [equal_sizes({**to, name: own[name]}, TASKS, "parameters", to="none") for name in own]
    for names in (("soft", "reinforce"), ("reinforce", "soft")):
        both = equal_sizes(to | {n: own[n] for n in names}, TASKS, "parameters", to="none")
        assert both == {**alone[0], **alone[1]}
