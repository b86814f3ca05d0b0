"""Measured gradients against what is known of their bias and deviation."""

import dataclasses
import math

import pytest

from memnets.spec import ModelSpec
from studies import Gradients, ResultStore, Study, TaskSpec, Trial, run
from studies.design.data import BadData
from studies.design.study import studies
from studies.procedures import gradient_points
from studies.running.recorder import FolderRecorder

from ..recorders import Memory, timeless

PLAIN = {"normalise": False, "entropy_weight": 0.0}
SIZES = {"slots": 2, "width": 2}


SHORT = {"repeats": ((4, 30), (64, 15)), "warm_up_learned": 20, "warm_up_averages": 10}


def measured(trial):
    memory = Memory()
    trial.procedure.run(trial, memory)
    return memory.rows


def trial(estimator, options=None, *, updates=20, seed=0):
    model = ModelSpec(
        "ntm", estimator, "feedforward", 4, cell_options=SIZES, estimator_options=options or {}
    )
    return Trial(
        task=TaskSpec("copy", {"width": 2, "max_length": 1}),
        model=model,
        procedure=Gradients(updates=updates, batch_size=4, **SHORT),
        seed=seed,
    )


def test_a_trial_has_a_finite_row_per_point_and_number_of_rollouts():
    rows = measured(trial("gumbel"))
    assert [(row["step"], row["samples"]) for row in rows] == [(0, 4), (0, 64), (20, 4), (20, 64)]
    for row in rows:
        assert row["kind"] == "gradient" and row["length"] is None
        assert row["sequences"] == 4 * row["step"]
        numbers = [value for value in row.values() if isinstance(value, int | float)]
        assert all(math.isfinite(value) for value in numbers)
        assert row["exact_norm"] > 0 and row["seconds_per_gradient"] > 0


@pytest.mark.parametrize(
    ("estimator", "options"),
    [
        ("reinforce", {**PLAIN, "baseline": "none"}),
        ("reinforce", {**PLAIN, "baseline": "moving_average", "return_to_go": False}),
        ("reinforce", {**PLAIN, "baseline": "per_step"}),
        ("reinforce", {**PLAIN, "baseline": "learned"}),
        ("leave_one_out", PLAIN),
    ],
)
def test_an_unbiased_estimator_shows_no_bias_beyond_its_noise(estimator, options):
    for row in measured(trial(estimator, options)):
        assert row["bias"] <= 2.5 * row["bias_noise"]
        assert row["deviation"] > 0


def test_the_error_is_made_of_bias_and_deviation():
    for row in measured(trial("straight_through")):
        assert row["error"] == pytest.approx(row["bias"], rel=1e-6)
        assert row["bias"] > 0.01


def test_an_estimator_that_draws_nothing_has_no_deviation():
    for estimator in ("soft", "straight_through"):
        for row in measured(trial(estimator)):
            assert row["deviation"] < 1e-12 and row["bias_noise"] < 1e-12


def test_averaging_rollouts_lowers_the_deviation_with_their_root():
    rows = [r for r in measured(trial("leave_one_out", PLAIN)) if r["step"] == 0]
    assert rows[0]["deviation"] / rows[1]["deviation"] == pytest.approx(4, rel=0.5)


@pytest.mark.slow
def test_all_estimators_are_measured_at_the_same_place_whoever_was_before():
    gradient_points._points.cache_clear()
    first = measured(trial("reinforce", PLAIN))
    measured(trial("soft"))
    assert gradient_points._points.cache_info().misses == 1
    again = measured(trial("reinforce", PLAIN))
    gradient_points._points.cache_clear()
    alone = measured(trial("reinforce", PLAIN))
    for rows in zip(first, again, alone, strict=True):
        one, two, three = map(timeless, rows)
        assert one == two == three


def test_the_readout_is_no_part_of_the_measured_gradient():
    one = trial("soft")
    point = gradient_points.points(one, one.procedure, "cpu")[0]
    readout = sum(p.numel() for p in point.network.readout.parameters())
    assert int((~point.counted).sum()) == readout
    assert len(point.exact) == len(point.counted) - readout


def test_a_stopped_measurement_is_taken_up_without_writing_a_row_twice(tmp_path):
    one = trial("soft")
    study = Study(
        name="tiny",
        question="Which?",
        tasks={"copy": one.task},
        models={"ntm/soft": one.model},
        procedure=one.procedure,
        seeds=(0,),
    )
    store = ResultStore(tmp_path)
    store.declare(study)
    (begun,) = study.trials()
    store.begin(begun)
    recorder = FolderRecorder(store, begun)
    for row in measured(begun)[:3]:
        recorder.row(row)
    assert run(study, store, workers=0, quiet=True).done == 1
    keys = [(row["step"], row["samples"]) for row in store.rows(begun)]
    assert len(keys) == len(set(keys)) == 4
    assert run(study, store, workers=0, quiet=True).skipped == 1
    assert store.facts()["measured_parameters"].item() < store.facts()["parameters"].item()


def test_the_catalog_measures_every_registered_estimator_but_the_mixture():
    from memnets.registry import estimators

    study = studies.get("estimator_quality")()
    assert len(study.seeds) >= 3
    used = {model.estimator for model in study.models.values()}
    assert used == set(estimators) - {"annealed"}
    baselines = {
        model.estimator_options.get("baseline")
        for model in study.models.values()
        if model.estimator == "reinforce"
    }
    assert baselines == {"none", "moving_average", "per_step", "learned", "sequence"}


def test_every_setting_of_the_measurement_is_part_of_the_id():
    changes = [
        {"repeats": ((4, 30), (64, 16))},
        {"same": 6},
        {"warm_up_learned": 21},
        {"warm_up_averages": 11},
        {"warm_up_batch": 65},
        {"warm_up_rate": 2e-2},
        {"descent_rollouts": 5},
        {"descent_entropy": 0.2},
    ]
    one = trial("soft")
    ids = {
        dataclasses.replace(one, procedure=dataclasses.replace(one.procedure, **change)).id
        for change in changes
    }
    assert len(ids | {one.id}) == len(changes) + 1


@pytest.mark.parametrize("repeats", [5, (), ((4,),), ((4, 1),), ((0, 5),), (("4", 5),), {4: 80}])
def test_repeats_are_pairs_of_whole_numbers(repeats):
    with pytest.raises(BadData, match="repeats is .* pairs of rollouts"):
        Gradients(repeats=repeats)
