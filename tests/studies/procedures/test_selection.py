"""Settings that steer a training: their ranges, a trial's id, and a trial with all of them."""

import dataclasses

import pytest

from studies import Averaging, Budget, FallingRate, Restarts, Selection, Supervised
from studies.design.data import BadData
from studies.design.trial import Trial
from studies.procedures.supervised import STEERED

from ..recorders import Memory, rows_of
from .steered import steered, stopped_after_every_update

OTHERS = [
    ("budget", Budget(), {"seconds": 1.0}),
    ("budget", Budget(), {"sequences": 100}),
    ("budget", Budget(), {"patience": 3}),
    ("budget", Budget(), {"gain": 0.1}),
    ("selection", Selection(), {"address": "one slot"}),
    ("selection", Selection(), {"restore_best": 1}),
    ("selection", Selection(), {"factor": 0.1}),
    ("selection", Selection(), {"least_rate": 0.0}),
    ("selection", Selection(), {"lost": 0.5}),
    ("restarts", Restarts(), {"at_most": 1}),
    ("restarts", Restarts(), {"share": 0.1}),
    ("restarts", Restarts(), {"accuracy": 0.5}),
    ("restarts", Restarts(), {"entropy": 0.5}),
    ("averaging", Averaging(), {"decay": 0.5}),
    ("averaging", Averaging(), {"start": 7}),
    ("falling_rate", FallingRate(), {"factor": 0.5}),
    ("falling_rate", FallingRate(), {"learned": 0.5}),
    ("falling_rate", FallingRate(), {"decay": 0.5}),
    ("falling_rate", FallingRate(), {"warm": 2}),
]


@pytest.mark.parametrize(
    ("make", "options", "message"),
    [
        (
            Selection,
            {"address": "hard"},
            "selection address is 'hard'; it must be one of own, soft",
        ),
        (Selection, {"restore_best": -1}, "restore_best is -1; it must be a whole number"),
        (Selection, {"factor": 1.0}, "factor is 1.0; it must be below 1"),
        (Selection, {"factor": 0.0}, "factor is 0.0; it must be a finite number above 0"),
        (Selection, {"least_rate": "1e-5"}, "in YAML write 1.0e-5"),
        (Selection, {"lost": 0.0}, "selection lost is 0.0; it must be a finite number above"),
        (Restarts, {"at_most": 0}, "restarts at_most is 0"),
        (Restarts, {"at_most": 5, "share": 0.2}, "so small that 5 restarts leave updates"),
        (Restarts, {"accuracy": 1.5}, "accuracy is 1.5; it must be a share, at most 1"),
        (Restarts, {"entropy": -1}, "entropy is -1"),
        (Budget, {"seconds": 0}, "budget seconds is 0; it must be a finite number above 0"),
        (Budget, {"sequences": 1.5}, "budget sequences is 1.5; it must be a whole number"),
        (Budget, {"patience": 0}, "budget patience is 0"),
        (Budget, {"gain": 1}, "budget gain is 1; it must be below 1"),
        (Averaging, {"decay": 1.0}, "averaging decay is 1.0; it must be below 1"),
        (Averaging, {"start": 0}, "averaging start is 0"),
        (FallingRate, {"factor": 0.0}, "falling_rate factor is 0.0"),
        (FallingRate, {"learned": 0.0}, "falling_rate learned is 0.0"),
        (FallingRate, {"decay": 1.0}, "falling_rate decay is 1.0; it must be below 1"),
        (FallingRate, {"warm": 0}, "falling_rate warm is 0"),
    ],
)
def test_what_is_out_of_range_is_refused_in_one_line(make, options, message):
    with pytest.raises(BadData, match=message) as caught:
        make(**options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", list(STEERED))
def test_what_is_no_object_of_settings_is_refused_by_its_name(name):
    with pytest.raises(BadData, match=f"{name}: expected an object of fields, found 3"):
        Supervised(**{name: 3})
    with pytest.raises(BadData, match=f"{name}: no field 'endurance'"):
        Supervised(**{name: {"endurance": 3}})


@pytest.mark.parametrize(
    ("name", "settings", "other"), OTHERS, ids=[f"{name}-{next(iter(o))}" for name, _, o in OTHERS]
)
def test_every_one_of_them_is_part_of_the_id_and_survives_json(trial, name, settings, other):
    plain = trial.procedure.to_json()
    assert plain[name] is None
    with_it = steered(trial, **{name: settings})
    changed = steered(trial, **{name: dataclasses.replace(settings, **other)})
    assert len({steered(trial).id, with_it.id, changed.id}) == 3
    assert Trial.from_json(changed.to_json()) == changed


def test_a_trial_without_them_has_the_id_that_it_had_before_there_were_any(trial):
    data = trial.to_json()
    for name in STEERED:
        del data["procedure"][name]
    assert Trial.from_json(data).id == trial.id


def test_selection_needs_a_trained_length_to_be_judged_at(trial):
    wrong = dataclasses.replace(trial.procedure, selection=Selection(), test_lengths=(9,))
    with pytest.raises(BadData, match="1 to 2, at which selection is judged: add one, or set sel"):
        wrong.takes(trial.task.build())


@pytest.mark.parametrize("estimator", ["soft", "straight_through", "reinforce", "annealed"])
def test_a_trial_with_all_of_them_stopped_after_any_update_goes_on_to_the_same_rows(
    trial, estimator
):
    trial = steered(
        trial,
        estimator,
        updates=12,
        evaluate_every=1,
        learning_rate=0.3,
        selection=Selection(restore_best=1, least_rate=1e-9),
        restarts=Restarts(at_most=2, share=0.15, accuracy=1.0),
        averaging=Averaging(decay=0.5, start=2),
        falling_rate=FallingRate(learned=2.0, warm=1, decay=0.5),
    )
    whole, outcome = rows_of(trial)
    rows, learner = stopped_after_every_update(trial)
    assert rows == whole
    facts = learner.watchers.facts()
    assert facts["restarts"] == outcome.facts["restarts"] == 2
    assert facts["restored"] == outcome.facts["restored"] > 0
    assert facts["selected"]["step"] == outcome.facts["selected"]["step"]


def test_a_finished_trial_with_all_of_them_gives_no_row_and_the_same_outcome_again(trial):
    trial = steered(trial, selection=Selection(), averaging=Averaging(decay=0.5))
    memory = Memory()
    outcome = trial.procedure.run(trial, memory)
    rows, again = rows_of(trial, memory.checkpoint)
    assert rows == [] and again.facts == outcome.facts
    assert all((outcome.trace[name] == array).all() for name, array in again.trace.items())
