"""A search: what is tried, on which seeds; and the two stages of a study that has one."""

import dataclasses
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memnets.spec import ModelSpec
from studies import Between, Budget, Criterion, Search, Study, Supervised, TaskSpec, Trial
from studies.design.data import BadData
from studies.design.identity import identity
from studies.design.search import with_setting
from studies.procedures.tuning import Tuning

RATES = {"learning_rate": (1e-3, 1e-2)}


@pytest.fixture
def tuned(study):
    space = {**RATES, "model.controller_size": (4, 6)}
    return dataclasses.replace(study, tuning=Search(space=space, seeds=(7, 8)))


def test_a_grid_is_every_combination_in_order(tuned):
    found = tuned.tuning.settings("ntm/soft")
    assert found == [
        {"learning_rate": 1e-3, "model.controller_size": 4},
        {"learning_rate": 1e-3, "model.controller_size": 6},
        {"learning_rate": 1e-2, "model.controller_size": 4},
        {"learning_rate": 1e-2, "model.controller_size": 6},
    ]


def test_a_model_may_search_something_else_in_place_or_nothing():
    own = {"a": {"learning_rate": (0.5,), "clip_norm": (1.0, 5.0)}, "b": {"learning_rate": ()}}
    search = Search(space=RATES, seeds=(0,), own=own)
    assert search.settings("a") == [
        {"learning_rate": 0.5, "clip_norm": 1.0},
        {"learning_rate": 0.5, "clip_norm": 5.0},
    ]
    assert search.settings("b") == [{}]
    assert len(search.settings("c")) == 2


def test_all_models_get_the_same_draws_whatever_else_one_of_them_searches():
    own = {"a": {"model.estimator_options.weight": Between(0.1, 1, log=False)}}
    search = Search(
        space={"learning_rate": Between(1e-4, 1e-2)}, seeds=(0,), draws=20, own=own, draw_seed=3
    )
    rates = [each["learning_rate"] for each in search.settings("b")]
    assert rates == list(dict.fromkeys(each["learning_rate"] for each in search.settings("a")))
    assert len(set(rates)) > 15 and all(1e-4 <= rate <= 1e-2 for rate in rates)
    other = dataclasses.replace(search, draw_seed=4)
    assert rates != [each["learning_rate"] for each in other.settings("b")]


def test_draws_from_a_list_are_each_made_once():
    search = Search(space=RATES, seeds=(0,), draws=50)
    assert sorted(each["learning_rate"] for each in search.settings("a")) == [1e-3, 1e-2]


@given(st.integers(0, 2**32), st.booleans())
def test_numbers_between_lie_between(seed, whole):
    import numpy as np

    value = Between(2, 300, whole=whole).draw(np.random.default_rng(seed))
    assert 2 <= value <= 300 and isinstance(value, int) == whole


def test_logarithmic_draws_are_as_often_below_the_geometric_mean_as_above():
    import numpy as np

    rng = np.random.default_rng(0)
    drawn = [Between(1e-4, 1e-2).draw(rng) for _ in range(2000)]
    assert abs(sum(value < 1e-3 for value in drawn) / 2000 - 0.5) < 0.05


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"space": {}}, "search space is {}; it must be names and the values to try"),
        ({"space": {"learning_rate": 0.1}}, "learning_rate is tried at 0.1; a list of values"),
        ({"space": {"learning_rate": "0.1"}}, "learning_rate is tried at '0.1'; a list of val"),
        ({"space": {"learning_rate": Between(0.1, 1)}}, "which is no grid: give draws"),
        ({"seeds": ()}, "seeds is"),
        ({"seeds": (-1,)}, "seeds is"),
        ({"draws": 0}, "draws is 0; it must be a whole number"),
        ({"own": {"ntm": 3}}, "search own is"),
    ],
)
def test_what_is_no_search_is_refused_in_one_line(options, message):
    with pytest.raises(BadData, match=message) as caught:
        Search(**{"space": RATES, "seeds": (0,), **options})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"low": 2, "high": 1}, "low is 2; it must be below high, 1"),
        ({"low": 0, "high": 1}, "low is 0; it must be above 0 where log is on"),
        ({"low": math.nan, "high": 1}, "low is nan"),
    ],
)
def test_what_is_no_range_is_refused(options, message):
    with pytest.raises(BadData, match=message):
        Between(**options)


def test_what_is_no_criterion_is_refused():
    with pytest.raises(BadData, match="lengths is 'some'; it must be one of trained, all"):
        Criterion(lengths="some")
    with pytest.raises(BadData, match="column is ''; it must be the name of a column"):
        Criterion(column="")


def test_a_setting_reaches_nested_fields_and_the_model():
    setting = {
        "schedule.warm_up": 10,
        "regularisers.address_entropy.weight": 0.5,
        "model.cell_options.width": 5,
    }
    procedure, model = with_setting(Supervised(), ModelSpec("ntm"), setting, "here")
    assert procedure.schedule.warm_up == 10
    assert procedure.regularisers == {"address_entropy": {"weight": 0.5}}
    assert model.cell_options == {"width": 5}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("learning_rat", "here: no field 'learning_rat'. Did you mean 'learning_rate'"),
        ("learning_rate.x", "here: learning_rate.x: learning_rate is 0.001, which has no fields"),
        ("model.size", "here: a model has no 'size'"),
        ("model", "here: a model has no ''"),
    ],
)
def test_a_name_that_neither_procedure_nor_model_has_is_refused(name, message):
    with pytest.raises(BadData, match=message):
        with_setting(Supervised(), ModelSpec("ntm"), {name: 1}, "here")


def test_a_study_makes_its_search_first_and_what_it_chose_once_that_is_known(tuned):
    tries = list(tuned.trials())
    assert len(tries) == 2 * 3 * 4
    assert {trial.seed for trial in tries} == {7, 8}
    assert {trial.procedure.name for trial in tries} == {"tuning"}
    assert len(list(tuned.expected())) == 24 + 6
    pairs = [("copy", model) for model in tuned.models]
    choices = {pair: {"learning_rate": 0.5, "model.controller_size": 6} for pair in pairs}
    compared = list(dataclasses.replace(tuned, choices=choices).trials())[24:]
    assert len(compared) == 6
    for trial in compared:
        assert trial.procedure.learning_rate == 0.5 and trial.model.controller_size == 6
        assert trial.seed in tuned.seeds and trial.model_label in tuned.models


def test_the_trials_of_the_comparison_are_those_of_a_study_that_declares_the_settings(tuned):
    plain = dataclasses.replace(tuned, tuning=None)
    nothing = dataclasses.replace(tuned, choices={})
    assert [trial.id for trial in nothing.trials()][24:] == [trial.id for trial in plain.trials()]


def test_fields_of_the_procedure_may_differ_in_the_search(tuned):
    fewer = dataclasses.replace(tuned.tuning, procedure={"updates": 2})
    tries = list(dataclasses.replace(tuned, tuning=fewer).trials())
    assert {trial.procedure.of.updates for trial in tries} == {2}


def test_seeds_of_the_search_are_no_seeds_of_the_comparison(study):
    with pytest.raises(BadData, match=r"the seeds \[1\] are those of the search too"):
        dataclasses.replace(study, tuning=Search(space=RATES, seeds=(1, 2)))


def test_own_values_are_of_a_model_of_the_study(study):
    search = Search(space=RATES, seeds=(9,), own={"ntm": RATES})
    with pytest.raises(BadData, match="the search has own values for 'ntm', the study's models"):
        dataclasses.replace(study, tuning=search)


def test_a_part_of_a_study_searches_its_own_models_only(study):
    search = Search(space=RATES, seeds=(9,), own={"ntm/soft": {}, "none/lstm": {}})
    part = dataclasses.replace(study, tuning=search).part(models=["ntm*"])
    assert set(part.tuning.own) == {"ntm/soft"}
    assert {trial.model_label for trial in part.trials()} == {"ntm/soft", "ntm/reinforce"}


def test_a_try_survives_json_and_every_part_of_it_is_part_of_the_id(trial, supervised):
    def tried(**options):
        made = {"of": supervised, "tried": {"learning_rate": 0.001}, **options}
        return dataclasses.replace(trial, procedure=Tuning(**made))

    others = [
        {"of": dataclasses.replace(supervised, updates=7)},
        {"tried": {"learning_rate": 0.01}},
        {"criterion": Criterion(column="bits")},
    ]
    ids = {trial.id, tried().id, *(tried(**options).id for options in others)}
    assert len(ids) == 5
    assert Trial.from_json(tried().to_json()) == tried()
    assert tried().procedure.row_key == supervised.row_key


def test_the_id_of_a_try_has_no_later_field_at_its_default(trial, supervised):
    data = dataclasses.replace(trial, procedure=Tuning(of=supervised)).to_json()
    assert data["procedure"]["of"]["budget"] is None
    before = identity(data)
    del data["procedure"]["of"]["budget"]
    assert identity(data) == before
    data["procedure"]["of"]["budget"] = {"seconds": 5.0}
    assert identity(data) != before


def test_a_budget_may_be_searched():
    study = Study(
        name="budgets",
        question="?",
        tasks={"copy": TaskSpec("copy")},
        models={"ntm": ModelSpec("ntm")},
        procedure=Supervised(budget=Budget(patience=3)),
        seeds=(1,),
        tuning=Search(space={"budget.patience": (2, 4)}, seeds=(0,)),
    )
    assert [trial.procedure.of.budget.patience for trial in study.trials()] == [2, 4]
