"""The networks in a checkpoint: the best of a training, and its last one."""

import pytest

from studies import Averaging, Selection
from studies.procedures.best import score
from studies.procedures.evaluation import evaluate
from studies.procedures.trained import trained
from studies.procedures.training import update

from ..recorders import Memory, rows_of
from .steered import same, start, steered, test_row, weights


@pytest.mark.parametrize("averaging", [None, Averaging(decay=0.5)])
def test_the_last_network_stays_beside_the_best(trial, tmp_path, averaging):
    # at this rate a good evaluation is lost again
    settings = {"updates": 10, "evaluate_every": 1, "learning_rate": 0.3, "averaging": averaging}
    trial = steered(trial, **settings)
    plain, _ = rows_of(trial)
    memory = Memory()
    selecting = steered(trial, selection=Selection())
    outcome = selecting.procedure.run(selecting, memory)
    selected, last = outcome.facts["selected"], outcome.facts["last"]
    assert selected["step"] < last["step"] == 10
    tests = [row for row in plain if row["step"] == 10 and row["kind"] == "test"]
    assert (last["errors"], last["bits"]) == score(tests, "own", (1, 2))
    path = tmp_path / "checkpoint.pt"
    path.write_bytes(memory.checkpoint)
    for which, step in (("last", 10), ("best", selected["step"])):
        _, network = trained(path, which=which)
        found = evaluate(network, trial.task.build(), (1, 2, 3), 3, trial.seed)
        as_trained = [row for row in plain if row["step"] == step and row["kind"] == "test"]
        assert [row["bits"] for row in found[:3]] == [row["bits"] for row in as_trained[:3]]


def test_a_training_that_goes_on_has_its_best_and_its_last_network(trial, tmp_path):
    learner = start(steered(trial, selection=Selection()))
    update(learner)
    learner.watchers.evaluated(learner, {}, [test_row(1, 1.0)])
    best = weights(learner)
    update(learner)
    learner.watchers.evaluated(learner, {}, [test_row(1, 2.0)])
    path = tmp_path / "checkpoint.pt"
    path.write_bytes(learner.checkpoint())
    assert same(trained(path)[1].parameters(), best)
    assert same(trained(path, which="last")[1].parameters(), weights(learner))
    earlier = learner.watchers[0].state()
    del earlier["last"]
    learner.watchers[0].load(earlier)
    assert learner.watchers[0].last is None
