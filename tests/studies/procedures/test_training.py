import dataclasses
import itertools
import math

import numpy as np
import pytest
import torch

from envs.tasks import make_task
from memnets.backends import BackendFallback
from memnets.spec import ModelSpec
from studies import Curriculum, TaskSpec, Training
from studies.design.data import BadData
from studies.procedures.evaluation import CHUNK, evaluate, trace
from studies.procedures.learner import Learner, trained
from studies.procedures.supervised import Diverged, train, update

ESTIMATORS = ["soft", "straight_through", "gumbel", "reinforce", "annealed"]


def change(trial, **training):
    return dataclasses.replace(trial, training=dataclasses.replace(trial.training, **training))


def with_estimator(trial, name):
    return dataclasses.replace(trial, model=dataclasses.replace(trial.model, estimator=name))


def rows_of(trial, **options):
    """All rows without their seconds, and the outcome."""
    rows, steps = [], train(trial, **options)
    while True:
        try:
            row = next(steps)
        except StopIteration as end:
            return rows, end.value
        rows.append({name: row[name] for name in row if name != "seconds"})


def test_rows_come_at_every_evaluation_and_have_the_agreed_columns(trial):
    rows, outcome = rows_of(trial)
    assert [(row["step"], row["kind"], row["length"]) for row in rows] == [
        (step, kind, length)
        for step in (2, 4, 6)
        for kind, length in [("train", None), ("test", 1), ("test", 2), ("test", 3)]
    ]
    assert all(row["sequences"] == 2 * row["step"] for row in rows)
    assert {"bits", "accuracy", "entropy", "gradient_norm"} <= set(rows[0])
    assert {"accuracy", "sequence_accuracy", "errors", "bits", "excess_bits"} <= set(rows[1])
    assert outcome.facts["updates"] == 6 and outcome.facts["sequences"] == 12
    assert outcome.facts["solved"] is None
    assert outcome.facts["seconds"] > 0 and outcome.facts["state_size"] > 4 * 3
    assert outcome.facts["parameters"] > 100


@pytest.mark.parametrize("estimator", ["soft", "reinforce"])
def test_rows_are_those_of_the_reference_and_facts_name_the_backend(trial, estimator):
    trial = with_estimator(trial, estimator)
    expected, slow = rows_of(change(trial, backend="reference"))
    rows, fast = rows_of(trial)
    for row, other in zip(rows, expected, strict=True):
        assert (row["kind"], row["length"]) == (other["kind"], other["length"])
        numbers = [name for name in other if isinstance(other[name], float)]
        assert len(numbers) >= 4
        for name in numbers:
            assert row[name] == pytest.approx(other[name], rel=1e-3, abs=1e-4), name
    assert slow.facts["backend"] == "reference"
    assert slow.facts["backend_reason"] == "it was asked for"
    assert fast.facts["backend"] == "numba"


def test_a_backend_that_does_not_cover_the_model_is_told_of_and_facts_say_why(trial):
    trial = change(with_estimator(trial, "gumbel_rao"), backend="fused")
    with pytest.warns(BackendFallback, match="the estimator"):
        _, outcome = rows_of(trial)
    assert outcome.facts["backend"] == "reference"
    assert "the estimator" in outcome.facts["backend_reason"]


def test_the_last_update_is_always_evaluated(trial):
    rows, _ = rows_of(change(trial, updates=5))
    assert [row["step"] for row in rows if row["kind"] == "train"] == [2, 4, 5]


def test_a_network_without_heads_has_no_entropy(trial):
    rows, outcome = rows_of(dataclasses.replace(trial, model=ModelSpec("none", controller_size=4)))
    assert rows[0]["entropy"] is None
    assert outcome.trace["weights_THN"].shape[1:] == (0, 0)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_a_run_stopped_and_resumed_gives_the_same_rows_to_the_bit(trial, estimator, tmp_path):
    trial = change(with_estimator(trial, estimator), curriculum=Curriculum(errors=100.0))
    whole, outcome = rows_of(trial)
    path = tmp_path / "checkpoint.pt"
    pieces, ended = [], None
    for _ in range(20):
        updates = itertools.count()
        # one update at a time, so that most stops fall between evaluations
        some, ended = rows_of(trial, checkpoint=path, stop=lambda seen=updates: next(seen) == 1)
        pieces += some
        # what the process did in between must not matter
        torch.manual_seed(123)
        torch.rand(7)
    assert pieces == whole
    for name in ("solved", "updates", "parameters"):
        assert ended.facts[name] == outcome.facts[name]
    for name, array in outcome.trace.items():
        np.testing.assert_array_equal(ended.trace[name], array)


def test_a_run_killed_between_checkpoints_yields_the_lost_rows_again(trial, tmp_path):
    whole, _ = rows_of(trial)
    path = tmp_path / "checkpoint.pt"
    taken = list(itertools.islice(train(trial, checkpoint=path), 6))
    assert len(taken) == 6
    again, _ = rows_of(trial, checkpoint=path)
    assert again == whole[4:]


def test_a_finished_run_resumed_yields_nothing_and_the_same_outcome(trial, tmp_path):
    path = tmp_path / "checkpoint.pt"
    _, outcome = rows_of(trial, checkpoint=path)
    rows, again = rows_of(trial, checkpoint=path)
    assert rows == []
    assert again.facts == outcome.facts


def test_all_models_of_one_seed_see_the_same_batches(trial):
    def batches(model, seed):
        learner = Learner.start(dataclasses.replace(trial, model=model, seed=seed), "cpu")
        seen = []
        for _ in range(4):
            state = learner.rng.bit_generator.state
            seen.append(learner.batch())
            learner.rng.bit_generator.state = state
            update(learner)
        return seen

    other = ModelSpec("none", controller="gru", controller_size=5)
    first, second = batches(trial.model, 7), batches(other, 7)
    for one, two in zip(first, second, strict=True):
        for a, b in zip(one, two, strict=True):
            np.testing.assert_array_equal(a, b)
    third = batches(other, 8)
    assert any(
        a.inputs_TBX.shape != b.inputs_TBX.shape or (a.inputs_TBX != b.inputs_TBX).any()
        for a, b in zip(first, third, strict=True)
    )


def test_a_trial_stops_once_it_is_solved_twice_and_tells_when_it_was_first(trial):
    easy = change(trial, solved_errors=100.0, updates=20)
    rows, outcome = rows_of(easy)
    assert rows[-1]["step"] == 4
    solved = outcome.facts["solved"]
    assert (solved["step"], solved["sequences"]) == (2, 4) and solved["seconds"] > 0


def test_one_good_evaluation_between_bad_ones_is_not_solved(trial):
    learner = Learner.start(change(trial, solved_errors=0.5), "cpu")
    for errors in (0.1, 0.9, 0.2, 0.7):
        learner.judge(0.0, [{"length": 2, "errors": errors}, {"length": 50, "errors": 99.0}])
        assert learner.solved is None
    learner.judge(0.0, [{"length": 2, "errors": 0.5}])
    assert learner.solved is None
    learner.judge(0.0, [{"length": 2, "errors": 0.0}])
    assert learner.solved is not None


def test_solved_needs_a_trained_length_to_be_judged_at(trial):
    with pytest.raises(BadData, match="none of the trained lengths, 1 to 2"):
        next(train(change(trial, solved_errors=0.1, test_lengths=(9,))))


def test_a_curriculum_grows_the_length_as_errors_fall(trial):
    learner = Learner.start(change(trial, curriculum=Curriculum(start=1, errors=0.5)), "cpu")
    assert learner.longest == 1
    assert learner.batch().inputs_TBX.shape[0] == 4
    learner.judge(0.6, [])
    assert learner.longest == 1
    for longest in (2, 2):
        learner.judge(0.5, [])
        assert learner.longest == longest


@pytest.mark.parametrize("optimiser", ["adam", "rmsprop", "graves_rmsprop"])
def test_every_optimiser_trains(trial, optimiser):
    rows, _ = rows_of(change(trial, optimiser=optimiser, updates=2))
    assert math.isfinite(rows[-1]["bits"])


def test_a_trial_that_diverges_says_so_in_one_line(trial):
    learner = Learner.start(trial, "cpu")
    torch.nn.init.constant_(learner.network.readout.bias, math.nan)
    with pytest.raises(Diverged, match="loss is nan at update 1") as caught:
        update(learner)
    assert "\n" not in str(caught.value)


def test_training_learns(trial):
    task = TaskSpec("copy", {"width": 2, "max_length": 1})
    model = ModelSpec("none", controller_size=16)
    training = Training(
        updates=150, learning_rate=1e-2, evaluate_every=150, test_lengths=(1,), test_sequences=64
    )
    easy = dataclasses.replace(trial, task=task, model=model, training=training)
    rows, _ = rows_of(easy)
    assert rows[-1]["accuracy"] > 0.95
    assert rows[-1]["bits"] < 0.5


def test_a_checkpoint_of_another_trial_is_refused_in_one_line(trial, tmp_path):
    path = tmp_path / "checkpoint.pt"
    rows_of(trial, checkpoint=path)
    with pytest.raises(BadData, match="is a checkpoint of trial") as caught:
        next(train(dataclasses.replace(trial, seed=4), checkpoint=path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", None])
def test_what_is_no_checkpoint_is_refused_in_one_line(trial, tmp_path, content):
    path = tmp_path / "checkpoint.pt"
    if content is None:
        torch.save({"state": 1}, path)
    else:
        path.write_bytes(content)
    with pytest.raises(BadData, match="delete it") as caught:
        next(train(trial, checkpoint=path))
    assert "\n" not in str(caught.value)


def test_a_checkpoint_of_a_model_that_has_changed_since_is_refused_in_one_line(trial, tmp_path):
    path = tmp_path / "checkpoint.pt"
    rows_of(trial, checkpoint=path)
    data = torch.load(path, weights_only=True)
    del data["network"]["readout.bias"]
    torch.save(data, path)
    for use in (lambda: next(train(trial, checkpoint=path)), lambda: trained(path)):
        with pytest.raises(BadData, match="another version of the model .*readout.bias") as caught:
            use()
        assert "\n" not in str(caught.value)


def test_a_checkpoint_gives_back_trial_and_network(trial, tmp_path):
    path = tmp_path / "checkpoint.pt"
    rows, _ = rows_of(trial, checkpoint=path)
    before = torch.get_rng_state()
    again, network = trained(path)
    assert torch.equal(before, torch.get_rng_state())
    assert again == trial
    tests = evaluate(network, trial.task.build(), (1, 2, 3), 3, trial.seed)
    for test, row in zip(tests, rows[-3:], strict=True):
        assert test == {name: row[name] for name in test}


def test_evaluation_leaves_mode_and_randomness_alone_and_depends_on_the_seed_only(trial):
    task = trial.task.build()
    network = trial.model.build(task.input_size, task.answer.output_size).train()
    before = torch.get_rng_state()
    first = evaluate(network, task, (2, 3), 5, seed=1)
    assert torch.equal(before, torch.get_rng_state()) and network.training
    torch.rand(3)
    assert evaluate(network, task, (2, 3), 5, seed=1) == first
    assert evaluate(network, task, (3,), 5, seed=1) == first[1:]
    assert evaluate(network, task, (2, 3), 5, seed=2) != first


def test_a_large_evaluation_in_pieces_is_that_of_the_whole(trial, monkeypatch):
    task = trial.task.build()
    network = trial.model.build(task.input_size, task.answer.output_size)
    whole = evaluate(network, task, (2,), 50, seed=1)[0]
    monkeypatch.setattr("studies.procedures.evaluation.CHUNK", 7)
    parts = evaluate(network, task, (2,), 50, seed=1)[0]
    assert CHUNK >= 50
    assert parts.pop("kind") == whole.pop("kind")
    assert parts.pop("excess_bits") is whole.pop("excess_bits") is None
    assert parts == pytest.approx(whole, rel=1e-5)


def test_excess_is_measured_against_the_optimum_on_the_same_sequences(trial):
    task = make_task("dynamic_ngrams")
    network = ModelSpec("none", controller_size=4).build(task.input_size, 1)
    row = evaluate(network, task, (20,), 8, seed=0)[0]
    batch = task.sample(np.random.default_rng([0, 1, 20]), 8, 20)
    assert row["excess_bits"] == pytest.approx(row["bits"] - task.optimum_bits(batch).mean())


def test_a_trace_shows_one_sequence_step_by_step(trial):
    task = trial.task.build()
    network = trial.model.build(task.input_size, task.answer.output_size)
    found = trace(network, task, 2, seed=0)
    steps = len(found["mask_T"])
    assert found["inputs_TX"].shape == (steps, task.input_size)
    assert found["targets_TY"].shape == found["outputs_TY"].shape == (steps, 2)
    assert found["weights_THN"].shape == (steps, 2, 4)
    assert found["heads"].tolist() == ["write", "read"]
    assert ((found["outputs_TY"] > 0) & (found["outputs_TY"] < 1)).all()
    assert set(found["weights_THN"].sum(-1).ravel().tolist()) <= {0.0, 1.0}
