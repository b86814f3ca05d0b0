"""Attempts that do not learn are given up, and the next ones have seeds of their own."""

import numpy as np
import pytest

from studies import Curriculum, MixtureCurriculum, Restarts
from studies.procedures.learner import Learner
from studies.procedures.restarts import data_key, torch_seed
from studies.procedures.training import update

from ..recorders import rows_of
from .steered import same, start, steered, weights


def means(accuracy=1.0, entropy=0.1):
    return {"accuracy": accuracy, "entropy": entropy}


def judged(trial, steps, row, **settings):
    """The attempts' watcher after `steps` updates and an evaluation with that row of training."""
    learner = start(steered(trial, restarts=Restarts(**settings)))
    for _ in range(steps):
        update(learner)
    learner.watchers.evaluated(learner, row, [])
    return learner, learner.watchers[0]


def test_the_first_attempt_is_the_trial_itself_and_the_others_have_other_seeds():
    assert data_key(7, 0) == [7] and torch_seed(7, 0) == 7
    seeds = {torch_seed(seed, attempt) for seed in range(20) for attempt in range(1, 6)}
    assert len(seeds) == 100 and not seeds & set(range(20))
    keys = [data_key(7, attempt) for attempt in range(4)] + [[7, 1, 2]]
    drawn = {tuple(np.random.default_rng(key).integers(2**40, size=2)) for key in keys}
    assert len(drawn) == 5


def test_an_attempt_is_judged_once_and_not_before_its_share(trial):
    for steps, restarts in ((1, 0), (2, 1)):
        _, attempts = judged(trial, steps, means(0.2), share=0.3)
        assert attempts.restarts == restarts
    learner, attempts = judged(trial, 2, means(1.0), share=0.3)
    learner.watchers.evaluated(learner, means(0.0), [])
    assert attempts.restarts == 0


@pytest.mark.parametrize(
    ("row", "settings", "because"),
    [
        (means(0.89), {}, "accuracy 0.89"),
        (means(0.9), {}, None),
        (means(0.95, 2.0), {}, None),
        (means(0.95, 2.0), {"entropy": 1.0}, "entropy 2"),
        (means(0.95, 1.0), {"entropy": 1.0}, None),
        (means(0.95, None), {"entropy": 1.0}, None),
    ],
    ids=str,
)
def test_it_is_given_up_for_few_right_answers_or_a_high_entropy(trial, row, settings, because):
    learner, attempts = judged(trial, 3, row, at_most=2, **settings)
    assert attempts.restarts == (1 if because else 0)
    assert [lost["because"] for lost in attempts.given_up] == ([because] if because else [])
    if because:
        assert attempts.given_up[0]["step"] == 3 and attempts.given_up[0]["sequences"] == 6


def test_the_next_attempt_is_a_trial_from_the_beginning_whose_clock_goes_on(trial):
    learner, _ = judged(trial, 3, means(0.0))
    fresh = Learner.start(learner.trial, learner.settings, "cpu", attempt=1)
    assert same(weights(learner), weights(fresh))
    assert learner.rng.bit_generator.state == fresh.rng.bit_generator.state
    assert not learner.optimiser.state_dict()["state"]
    assert learner.step == 3 and learner.clock["sequences"] == 6 and learner.seconds > 0
    first = start(learner.trial)
    assert not same(weights(learner), weights(first))
    drawn = [one.rng.integers(2**40) for one in (learner, first)]
    assert drawn[0] != drawn[1]


def test_a_trial_restarts_no_more_than_it_may_and_rows_and_facts_say_how_often(trial):
    trial = steered(trial, updates=10, evaluate_every=1)
    restarts = Restarts(at_most=2, share=0.3, accuracy=1.0)
    rows, outcome = rows_of(steered(trial, restarts=restarts))
    taken = {row["step"]: row["restarts"] for row in rows}
    assert [taken[step] for step in range(1, 11)] == [0, 0, 0, 1, 1, 1, 2, 2, 2, 2]
    assert outcome.facts["restarts"] == 2 and outcome.facts["updates"] == 10
    assert [lost["step"] for lost in outcome.facts["given_up"]] == [3, 6]
    assert outcome.facts["sequences"] == rows[-1]["sequences"] == 20


def test_a_trial_that_learns_has_the_rows_of_one_without_restarts(trial):
    plain, _ = rows_of(steered(trial))
    rows, outcome = rows_of(steered(trial, restarts=Restarts(accuracy=0.0)))
    assert outcome.facts["restarts"] == 0 and outcome.facts["given_up"] == []
    assert [{**row, "restarts": 0} for row in plain] == rows
    assert "restarts" not in plain[0]


def test_the_sequences_of_a_test_are_those_of_the_trial_in_every_attempt(trial):
    """Else the last attempt would be compared with other models on other sequences."""
    trial = steered(trial, updates=4, evaluate_every=2, learning_rate=1e-9)
    twin = steered(trial, restarts=Restarts(at_most=1, share=0.5, accuracy=1.0))
    learner = start(twin)
    assert learner.task == start(trial).task and learner.trial.seed == trial.seed
    rows, _ = rows_of(twin)
    assert {row["restarts"] for row in rows} == {0, 1}


@pytest.mark.parametrize("curriculum", [Curriculum(), MixtureCurriculum()], ids=["batch", "mix"])
def test_a_curriculum_begins_again_too(trial, curriculum):
    learner = start(steered(trial, curriculum=curriculum, restarts=Restarts()))
    update(learner)
    learner.standing.level, learner.standing.recent = 2, 0.1
    learner.begin_again(1)
    assert learner.longest == 1 and learner.standing.recent == 1.0
    assert learner.standing.raised == 1
