"""The loop of supervised training: rows, facts, curriculum, what is solved, what diverges."""

import dataclasses
import math

import numpy as np
import pytest
import torch

from memnets.backends import BackendFallback
from memnets.spec import ModelSpec
from studies import Curriculum, Supervised, TaskSpec
from studies.procedures.evaluation import evaluate
from studies.procedures.learner import Learner
from studies.procedures.training import Diverged, evaluated, update

from ..recorders import rows_of


def change(trial, **settings):
    return dataclasses.replace(trial, procedure=dataclasses.replace(trial.procedure, **settings))


def with_estimator(trial, name):
    return dataclasses.replace(trial, model=dataclasses.replace(trial.model, estimator=name))


def start(trial):
    return Learner.start(trial, trial.procedure, "cpu")


def test_rows_come_at_every_evaluation_and_have_the_agreed_columns(trial):
    rows, outcome = rows_of(trial)
    addresses = ("own", "soft", "one slot", "cut off")
    # of the trained lengths, which are 1 and 2, controls are tested at the end
    slow = [("test", length, address) for address in ("frozen", "shuffled") for length in (1, 2)]
    assert [(row["step"], row["kind"], row["length"], row.get("address")) for row in rows] == [
        (step, *rest)
        for step in (2, 4, 6)
        for rest in [
            ("train", None, None),
            *(("test", length, address) for address in addresses for length in (1, 2, 3)),
            *(slow if step == 6 else []),
        ]
    ]
    assert all(row["sequences"] == 2 * row["step"] for row in rows)
    assert {"bits", "accuracy", "entropy", "gradient_norm"} <= set(rows[0])
    scores = {"accuracy", "sequence_accuracy", "errors", "bits", "excess_bits", "entropy"}
    assert all(scores <= set(row) for row in rows if row["kind"] == "test")
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


def test_a_backend_that_does_not_cover_the_model_gives_a_warning_and_facts_say_why(trial):
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


def test_a_memory_without_heads_is_soft_whatever_its_estimator(trial):
    sizes = {"width": 2, "heads": 1}
    model = ModelSpec("mlstm", "reinforce", controller_size=4, cell_options=sizes)
    _, outcome = rows_of(dataclasses.replace(trial, model=model))
    assert (outcome.facts["in_training"], outcome.facts["at_test"]) == ("soft", "soft")


def test_all_models_of_one_seed_see_the_same_batches(trial):
    def batches(model, seed):
        learner = start(dataclasses.replace(trial, model=model, seed=seed))
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
    learner = start(change(trial, solved_errors=0.5))
    for errors in (0.1, 0.9, 0.2, 0.7):
        learner.judge(0.0, [{"length": 2, "errors": errors}, {"length": 50, "errors": 99.0}])
        assert learner.solved is None
    learner.judge(0.0, [{"length": 2, "errors": 0.5}])
    assert learner.solved is None
    learner.judge(0.0, [{"length": 2, "errors": 0.0}])
    assert learner.solved is not None


def test_a_curriculum_grows_the_length_as_errors_fall(trial):
    learner = start(change(trial, curriculum=Curriculum(start=1, errors=0.5)))
    assert learner.longest == 1
    assert learner.batch().inputs_TBX.shape[0] == 4
    learner.judge(0.6, [])
    assert learner.longest == 1
    for longest in (2, 2):
        learner.judge(0.5, [])
        assert learner.longest == longest


@pytest.mark.parametrize("optimiser", ["adam", "rmsprop", "graves_rmsprop", "sgd"])
def test_every_optimiser_trains(trial, optimiser):
    rows, _ = rows_of(change(trial, optimiser=optimiser, updates=2))
    assert math.isfinite(rows[-1]["bits"])


def test_a_trial_that_diverges_says_so_in_one_line(trial):
    learner = start(trial)
    torch.nn.init.constant_(learner.network.readout.bias, math.nan)
    with pytest.raises(Diverged, match="loss is nan at update 1") as caught:
        update(learner)
    assert "\n" not in str(caught.value)


def test_training_learns(trial):
    task = TaskSpec("copy", {"width": 2, "max_length": 1})
    model = ModelSpec("none", controller_size=16)
    procedure = Supervised(
        updates=150, learning_rate=1e-2, evaluate_every=150, test_lengths=(1,), test_sequences=64
    )
    easy = dataclasses.replace(trial, task=task, model=model, procedure=procedure)
    rows, _ = rows_of(easy)
    assert rows[-1]["accuracy"] > 0.95
    assert rows[-1]["bits"] < 0.5


def test_overflow_under_another_address_is_no_divergence(trial, monkeypatch):
    def overflowing(*arguments):
        rows = evaluate(*arguments)
        return [row | {"bits": math.inf} if row["address"] != "own" else row for row in rows]

    learner = start(trial)
    update(learner)
    monkeypatch.setattr("studies.procedures.training.evaluate", overflowing)
    own, *others = (row["bits"] for row in evaluated(learner) if row.get("length") == 1)
    assert math.isfinite(own) and others == [None] * 3


def test_a_divergence_seen_in_an_evaluation_names_update_and_length(trial):
    learner = start(trial)
    update(learner)
    torch.nn.init.constant_(learner.network.readout.bias, math.nan)
    with pytest.raises(Diverged, match="bits of the test at length 1 is nan at update 1") as caught:
        evaluated(learner)
    assert "\n" not in str(caught.value)
