"""Budgets: a training ends by what is reached first, at the same place after a stop."""

import dataclasses
import itertools
from types import SimpleNamespace

import pytest

from studies import Budget
from studies.design.data import BadData
from studies.procedures import clock, training
from studies.procedures.time_needed import seconds_needed
from studies.procedures.training_settings import share_done

from ..recorders import rows_of
from .steered import start, steered, stopped_after_every_update, test_row


def short(trial, **settings):
    return steered(trial, **{"updates": 50, "batch_size": 3, "evaluate_every": 4, **settings})


def last(rows):
    return [row for row in rows if row["kind"] == "train"][-1]


def test_sequences_end_a_training_with_an_evaluation(trial):
    rows, outcome = rows_of(short(trial, budget=Budget(sequences=19)))
    assert outcome.facts["sequences"] == 21 and outcome.facts["updates"] == 7
    assert {row["step"] for row in rows} == {4, 7}
    assert stopped_after_every_update(short(trial, budget=Budget(sequences=19)))[0] == rows


def test_batches_that_are_accumulated_count_too(trial):
    _, outcome = rows_of(short(trial, budget=Budget(sequences=19), accumulate=2))
    assert outcome.facts["sequences"] == 24


def test_seconds_of_training_end_it(trial, monkeypatch):
    ticks = itertools.count(0.0, 0.5)
    monkeypatch.setattr(clock.time, "perf_counter", lambda: next(ticks))
    _, outcome = rows_of(short(trial, budget=Budget(seconds=3.0)))
    # an update begins at one tick and ends at the next; the budget is seen to be spent by the next
    assert outcome.facts["updates"] == 7


def test_seconds_of_the_processor_do_not_count_what_others_do(trial, monkeypatch):
    # of two seconds that pass the process is given half a one
    wall, processor = itertools.count(0.0, 2.0), itertools.count(0.0, 0.5)
    monkeypatch.setattr(clock.time, "perf_counter", lambda: next(wall))
    monkeypatch.setattr(clock.time, "process_time", lambda: next(processor))
    _, outcome = rows_of(short(trial, budget=Budget(seconds=3.0), clock="processor"))
    assert outcome.facts["updates"] == 7
    assert outcome.facts["seconds"] == 3.5


def test_the_processors_clock_is_for_the_cpu(trial):
    with pytest.raises(BadData, match="clock 'processor' does not see .* on cuda take 'wall'"):
        training.train(
            trial, short(trial, clock="processor").procedure, SimpleNamespace(device="cuda")
        )


def test_updates_end_it_where_the_budget_is_not_spent(trial):
    _, outcome = rows_of(short(trial, updates=6, budget=Budget(sequences=10**6, seconds=1e6)))
    assert outcome.facts["updates"] == 6


@pytest.mark.parametrize(
    ("bits", "gain", "ends_after"),
    [
        ([8, 7, 6, 5, 4, 3], 0.01, None),
        ([8, 7.95, 7.95, 7.95], 0.01, 3),
        ([8, 7.95, 7.95, 7.95], 0.0, 4),
        ([8, 9, 7, 7.5, 7.2], 0.01, 5),
        ([None, None, None], 0.01, 2),
    ],
)
def test_patience_counts_evaluations_without_a_gain(trial, bits, gain, ends_after):
    learner = start(short(trial, budget=Budget(patience=2, gain=gain)))
    watcher = learner.watchers[0]
    length = learner.task.lengths[1]
    found = None
    for count, each in enumerate(bits, 1):
        watcher.evaluated(learner, {}, [test_row(length, 1.0, each), test_row(10**6, 1.0, 0.0)])
        if watcher.over:
            found = count
            break
    assert found == ends_after


def test_another_attempt_is_given_the_same_patience(trial):
    learner = start(short(trial, budget=Budget(patience=2)))
    watcher = learner.watchers[0]
    watcher.evaluated(learner, {}, [test_row(learner.task.lengths[1], 1.0, 1.0)])
    watcher.evaluated(learner, {}, [test_row(learner.task.lengths[1], 1.0, 1.0)])
    watcher.restarted(learner)
    watcher.evaluated(learner, {}, [test_row(learner.task.lengths[1], 1.0, 5.0)])
    assert not watcher.over and watcher.best == 5.0


def test_how_far_a_training_is_and_how_long_it_takes_count_the_budget(trial):
    settings = short(trial, updates=100, budget=Budget(sequences=30)).procedure
    row = {"kind": "train", "step": 5, "sequences": 15, "seconds": 9.0}
    assert share_done(settings, row) == 0.5
    assert share_done(dataclasses.replace(settings, budget=None), row) == 0.05
    assert share_done(dataclasses.replace(settings, budget=Budget(seconds=10.0)), row) == 0.9
    assert share_done(settings, {**row, "sequences": 33}) == 1.0


def test_a_plan_of_a_long_training_with_a_small_budget_is_short(trial):
    long = short(trial, updates=10**6, budget=Budget(sequences=30))
    assert seconds_needed(long, long.procedure, "cpu") < 60
