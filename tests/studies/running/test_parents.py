"""A longer training goes on from a shorter one of the same study, to the same rows."""

import dataclasses

import pytest

from studies import Averaging, Budget, RateSchedule, ResultStore, Selection, Supervised, run
from studies.running.parents import take_over


def longer(study, **settings):
    return study.with_procedure(dataclasses.replace(study.procedure, **settings))


def rows(store, trial):
    return [{**row, "seconds": 0} for row in store.rows(trial)]


@pytest.fixture
def store(tmp_path):
    return ResultStore(tmp_path / "runs")


def test_more_updates_go_on_from_fewer_to_the_rows_of_one_training(study, store, tmp_path, capfd):
    run(study, store, workers=0)
    short = {trial.model_label + str(trial.seed): trial.id for trial in study.trials()}
    summary = run(longer(study, updates=12), store, workers=0, quiet=False)
    assert (summary.done, summary.failed) == (6, 0)
    assert "6 of 6 trials go on from shorter ones" in capfd.readouterr().err
    anew = ResultStore(tmp_path / "anew")
    run(longer(study, updates=12), anew, workers=0)
    facts = store.facts().set_index("trial")
    for trial in longer(study, updates=12).trials():
        assert rows(store, trial) == rows(anew, trial)
        assert facts.loc[trial.id, "parent"] == short[trial.model_label + str(trial.seed)]
        assert facts.loc[trial.id, "updates"] == 12
        for name, part in anew.trace(trial).items():
            assert (part == store.trace(trial)[name]).all()
    # the shorter ones stay as they were
    assert all((store.folder / place / "done.json").is_file() for place in short.values())
    assert "parent" not in anew.facts()


def test_what_was_solved_is_at_its_end_already(study, store, tmp_path):
    easy = longer(study, solved_errors=1e6)
    run(easy, store, workers=0)
    run(longer(easy, updates=12), store, workers=0)
    anew = ResultStore(tmp_path / "anew")
    run(longer(easy, updates=12), anew, workers=0)
    for trial in longer(easy, updates=12).trials():
        assert rows(store, trial) == rows(anew, trial)
    assert set(store.load()["step"]) == {2, 4}
    assert store.facts()["parent"].notna().all()


def test_what_was_begun_is_not_begun_again(study, store):
    run(study, store, workers=0)
    more = list(longer(study, updates=12).trials())
    assert take_over(store, more).begun == 6
    assert take_over(store, more).begun == 0
    assert not list(store.folder.glob("*.partial"))


def test_of_several_the_longest_is_gone_on_from(study, store):
    run(study, store, workers=0)
    run(longer(study, updates=8), store, workers=0)
    (trial, *_) = longer(study, updates=12).trials()
    assert take_over(store, [trial]).begun == 1
    assert max(row["step"] for row in store.rows(trial)) == 8


def test_a_trial_that_has_not_finished_or_has_no_checkpoint_is_no_beginning(study, store):
    run(study, store, workers=0)
    for number, trial in enumerate(study.trials()):
        gone = "done.json" if number % 2 else "checkpoint.pt"
        (store.path(trial) / gone).unlink()
    assert take_over(store, list(longer(study, updates=12).trials())).begun == 0


def test_a_checkpoint_of_garbage_is_trained_anew(study, store):
    run(study, store, workers=0)
    for trial in study.trials():
        (store.path(trial) / "checkpoint.pt").write_bytes(b"nothing")
    summary = run(longer(study, updates=12), store, workers=0)
    assert (summary.done, summary.failed) == (6, 0)


@pytest.mark.parametrize(
    ("settings", "good"),
    [
        ({"updates": 12}, True),
        ({"updates": 4}, False),
        ({"updates": 6}, False),
        ({"updates": 12, "learning_rate": 0.5}, False),
        ({"updates": 12, "test_sequences": 4}, False),
        ({"updates": 12, "selection": Selection()}, False),
        ({"updates": 12, "averaging": Averaging()}, False),
        ({"updates": 12, "schedule": RateSchedule("cosine")}, False),
        ({"updates": 12, "budget": Budget(patience=3)}, False),
    ],
)
def test_only_more_updates_of_the_very_same_training_continue_it(supervised, settings, good):
    assert dataclasses.replace(supervised, **settings).continues(supervised) is good


def test_what_begins_anew_though_a_shorter_one_is_there_is_said(study, store, capfd):
    run(longer(study, selection=Selection()), store, workers=0)
    again = longer(study, selection=Selection(), updates=12)
    run(dataclasses.replace(again, seeds=study.seeds[:1]), store, workers=0, quiet=False)
    anew = len(study.models)
    said = f"{anew} of {anew} trials begin anew, not where shorter ones ended: selection"
    assert said in capfd.readouterr().err
    assert "parent" not in store.facts()


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        ({"updates": 600}, ("budget", "selection")),
        ({"budget": Budget(seconds=60.0)}, ("budget", "selection")),
        ({}, ()),
        ({"updates": 100}, ()),
        ({"updates": 600, "batch_size": 3}, ()),
    ],
)
def test_settings_that_ask_for_the_end_are_named(settings, names):
    earlier = Supervised(updates=300, selection=Selection(), budget=Budget(seconds=30.0))
    assert dataclasses.replace(earlier, **settings).anew_for(earlier) == names


def test_an_end_between_two_evaluations_is_no_beginning():
    earlier = Supervised(updates=150, evaluate_every=100)
    assert not Supervised(updates=300, evaluate_every=100).continues(earlier)


def test_seeds_tasks_and_models_are_told_apart(study, store):
    run(study.part(models=["ntm/soft"]), store, workers=0)
    more = list(longer(study, updates=12).trials())
    assert take_over(store, more).begun == 2
    other = list(longer(dataclasses.replace(study, seeds=(5,)), updates=12).trials())
    assert take_over(store, other).begun == 0
