"""Which evaluation is best, what is kept of it, and the way back to it."""

import dataclasses
import math

import pytest
import torch

from memnets.spec import ModelSpec
from studies import Averaging, Selection
from studies.procedures.best import chosen, score
from studies.procedures.evaluation import evaluate
from studies.procedures.trained import trained
from studies.procedures.training import evaluated, update

from ..recorders import Memory, rows_of
from .steered import same, start, steered, test_row, weights

GRID = [
    test_row(1, 0.0, 0.5, address="own"),
    test_row(2, 2.0, 3.5, address="own"),
    test_row(9, 70.0, 90.0, address="own"),
    test_row(1, 1.0, 2.0, address="one slot"),
    test_row(2, 5.0, 7.0, address="one slot"),
    test_row(9, 80.0, 99.0, address="one slot"),
]


def errors_of(learner, *errors):
    """Evaluations of these errors, with an update before each; the learner's weights at each."""
    seen = []
    for wrong in errors:
        update(learner)
        seen.append(weights(learner))
        learner.watchers.evaluated(learner, {}, [test_row(1, wrong, address="own")])
    return seen


def test_a_score_is_the_mean_over_trained_lengths_of_one_address():
    assert score(GRID, "own", (1, 2)) == (1.0, 2.0)
    assert score(GRID, "one slot", (1, 2)) == (3.0, 4.5)
    assert score(GRID, "own", (1, 9)) == (pytest.approx(24.0), pytest.approx(94 / 3))


def test_where_an_address_was_not_tested_the_own_one_counts():
    assert chosen(GRID[:3], "one slot") == GRID[:3]
    assert chosen([test_row(1, 1.0)], "one slot") == [test_row(1, 1.0)]
    assert chosen(GRID, "one slot") == GRID[3:]


@pytest.mark.parametrize("bad", [None, math.nan, math.inf])
def test_what_is_no_number_is_infinitely_bad(bad):
    assert score([test_row(1, 0.0, bad)], "own", (1, 2)) == (0.0, math.inf)


def test_of_evaluations_with_the_fewest_errors_that_of_the_fewest_bits_is_best(trial):
    learner = start(steered(trial, selection=Selection()))
    for errors, bits in ((1.0, 1.0), (0.5, 2.0), (0.5, 1.5), (0.5, 1.7), (2.0, 0.1)):
        update(learner)
        learner.watchers.evaluated(learner, {}, [test_row(1, errors, bits)])
    selected = learner.watchers.facts()["selected"]
    assert (selected["step"], selected["errors"], selected["bits"]) == (3, 0.5, 1.5)
    assert selected["sequences"] == 6 and selected["address"] == "own"


def test_the_address_of_selection_decides_what_is_solved(trial):
    for address, solved in (("own", True), ("one slot", False)):
        settings = {"solved_errors": 1.0, "selection": Selection(address=address)}
        learner = start(steered(trial, **settings))
        for _ in range(2):
            learner.judge(0.0, GRID)
        assert (learner.solved is not None) is solved


def test_a_stall_brings_the_best_back_and_lowers_the_rate(trial):
    selection = Selection(restore_best=2, factor=0.5, least_rate=0.0)
    learner = start(steered(trial, learning_rate=0.1, selection=selection))
    update(learner)
    best = weights(learner)
    kept = [value.clone() for value in _moments(learner)]
    learner.watchers.evaluated(learner, {}, [test_row(1, 1.0)])
    errors_of(learner, 3.0)
    assert not same(weights(learner), best)
    errors_of(learner, 2.0)
    assert same(weights(learner), best) and same(_moments(learner), kept)
    assert [group["lr"] for group in learner.optimiser.param_groups] == [0.05]
    # the best is still the best: two more that are worse, and back again
    errors_of(learner, 1.5, 1.5)
    assert same(weights(learner), best)
    assert [group["lr"] for group in learner.optimiser.param_groups] == [0.025]
    assert learner.watchers.facts()["restored"] == 2
    assert learner.step == 5


def test_only_what_was_learned_and_lost_comes_back_where_selection_says_so(trial):
    selection = Selection(restore_best=1, factor=0.5, least_rate=0.0, lost=0.5)
    learner = start(steered(trial, updates=99, learning_rate=0.1, selection=selection))

    def restored(trained: float, tested: float) -> int:
        update(learner)
        learner.watchers.evaluated(learner, {"errors": trained}, [test_row(1, tested)])
        return learner.watchers.facts()["restored"]

    # nothing is learned; then it is; a worse test after training that is no worse has lost nothing
    assert [restored(*errors) for errors in ((40, 40), (50, 50), (10, 1), (15, 30))] == [0, 0, 0, 0]
    assert restored(21, 2) == 1
    assert [group["lr"] for group in learner.optimiser.param_groups] == [0.05]


def _moments(learner):
    states = learner.optimiser.state_dict()["state"].values()
    return [state["exp_avg"] for state in states]


def test_training_ends_when_the_rate_has_fallen_below_the_least(trial):
    selection = Selection(restore_best=1, factor=0.5, least_rate=0.03)
    learner = start(steered(trial, updates=100, learning_rate=0.1, selection=selection))
    errors_of(learner, 1.0, 2.0)
    assert not learner.over
    errors_of(learner, 2.0)
    assert learner.over and learner.step == 3


def test_the_best_is_what_is_tested_traced_and_stored_at_the_end(trial, tmp_path):
    # a rate at which weights run away from a first evaluation that is the best
    trial = steered(trial, learning_rate=1.0, updates=8, selection=Selection())
    memory = Memory()
    outcome = trial.procedure.run(trial, memory)
    step = outcome.facts["selected"]["step"]
    assert step < 8
    plain = steered(trial, selection=None)
    rows, _ = rows_of(plain)
    best = [row for row in rows if row["step"] == step and row["kind"] == "test"]
    last = [row for row in memory.rows if row["step"] == 8 and row["kind"] == "test"]
    # the controls, which come last, are of the end only
    assert {row["address"] for row in last[len(best) :]} == {"frozen", "shuffled"}
    for row, expected in zip(last, best, strict=False):
        assert {**row, "step": step} | {"sequences": 2 * step, "seconds": 0} == {
            **expected,
            "seconds": 0,
        }
    # of all evaluations before, none was better
    lengths, evaluations = (1, 2), {}
    for row in rows:
        if row["kind"] == "test":
            evaluations.setdefault(row["step"], []).append(row)
    scores = {step: score(tests, "own", lengths) for step, tests in evaluations.items()}
    assert min(scores, key=scores.__getitem__) == step
    path = tmp_path / "checkpoint.pt"
    path.write_bytes(memory.checkpoint)
    _, network = trained(path)
    tests = evaluate(network, trial.task.build(), (1, 2, 3), 3, trial.seed)
    assert [test["bits"] for test in tests[:3]] == [row["bits"] for row in last[:3]]


@pytest.mark.parametrize("address", ["own", "soft", "one slot"])
def test_a_trial_is_selected_by_the_test_of_its_address(trial, address):
    trial = steered(trial, updates=10, evaluate_every=1, learning_rate=0.3)
    rows, _ = rows_of(trial)
    scores = {}
    for step in range(1, 11):
        tests = [row for row in rows if row["step"] == step and row["kind"] == "test"]
        assert {row["address"] for row in tests} >= {"own", "soft", "one slot"}
        scores[step] = score(tests, address, (1, 2))
    _, outcome = rows_of(steered(trial, selection=Selection(address=address)))
    selected, best = outcome.facts["selected"], min(scores, key=scores.__getitem__)
    assert (selected["step"], selected["address"]) == (best, address)
    assert (selected["errors"], selected["bits"]) == scores[best]


def test_a_model_without_a_memory_is_selected_by_its_own_test(trial):
    bare = dataclasses.replace(trial, model=ModelSpec("none", controller_size=4))
    settings = dataclasses.replace(bare.procedure, selection=Selection(address="one slot"))
    rows, outcome = rows_of(dataclasses.replace(bare, procedure=settings))
    last = [row for row in rows if row["step"] == 6 and row["kind"] == "test"]
    errors, bits = score(last, "own", (1, 2))
    selected = outcome.facts["selected"]
    assert (selected["errors"], selected["bits"]) == (errors, bits)


def test_averages_come_back_with_the_best(trial):
    averaging = Averaging(decay=0.5)
    learner = start(steered(trial, selection=Selection(restore_best=1), averaging=averaging))
    errors_of(learner, 1.0)
    average = learner.watchers[1]
    best = [weight.clone() for weight in average.weights]
    update(learner)
    assert not same(average.weights, best)
    learner.watchers.evaluated(learner, {}, [test_row(1, 2.0)])
    assert same(average.weights, best)


def test_selection_alone_changes_no_row_but_the_last(trial):
    plain, _ = rows_of(steered(trial, updates=6))
    selected, _ = rows_of(steered(trial, updates=6, selection=Selection()))
    assert [row for row in selected if row["step"] < 6] == [r for r in plain if r["step"] < 6]


def test_evaluations_leave_training_as_it_was(trial):
    torch.manual_seed(0)
    learner = start(steered(trial, selection=Selection()))
    update(learner)
    before = weights(learner)
    evaluated(learner)
    assert same(before, weights(learner))
