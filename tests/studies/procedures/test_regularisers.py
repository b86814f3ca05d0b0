"""Regularisers in a trial: they change what is learned, are trained, and survive a stop."""

import dataclasses

import numpy as np
import pytest
import torch

from memnets.registry import regularisers
from studies import Supervised, TaskSpec
from studies.design.data import BadData
from studies.design.trial import Trial
from studies.procedures.learner import Learner
from studies.procedures.terms import added
from studies.procedures.training import update

from ..recorders import Memory, Stopped, rows_of

ALL = {
    "address_entropy": {},
    "next_input": {},
    "read_write_consistency": {},
    "address_supervision": {},
}


def regularised(trial, terms):
    procedure = dataclasses.replace(trial.procedure, regularisers=terms)
    return dataclasses.replace(trial, procedure=procedure)


def updated(trial):
    learner = start(trial)
    update(learner)
    return learner


def start(trial):
    return Learner.start(trial, trial.procedure, "cpu")


def gradients(learner):
    return [None if p.grad is None else p.grad.clone() for p in learner.network.parameters()]


@pytest.fixture
def soft(trial):
    """A trial that draws no addresses, so that terms do not move the random numbers it sees."""
    return dataclasses.replace(trial, model=dataclasses.replace(trial.model, estimator="soft"))


@pytest.mark.parametrize("name", list(regularisers))
def test_a_term_changes_the_gradient_and_nothing_before_it(soft, name):
    plain = updated(soft)
    same = updated(regularised(soft, {name: {"weight": 0.0}}))
    other = updated(regularised(soft, {name: {"weight": 5.0}}))
    assert plain.sums["bits"] == same.sums["bits"] == other.sums["bits"]
    assert same.sums["gradient_norm"] == pytest.approx(plain.sums["gradient_norm"], rel=1e-5)
    assert other.sums["gradient_norm"] != pytest.approx(plain.sums["gradient_norm"], rel=1e-3)
    assert any(
        not torch.equal(a, b)
        for a, b in zip(plain.network.parameters(), other.network.parameters(), strict=True)
    )


def test_consistency_has_no_gradient_where_the_address_has_none(trial):
    plain = updated(trial)
    other = updated(regularised(trial, {"read_write_consistency": {"weight": 5.0}}))
    assert plain.sums == other.sums


def test_terms_add_up(soft):
    loose = dataclasses.replace(soft, procedure=dataclasses.replace(soft.procedure, clip_norm=1e9))

    def gradient_with(**terms):
        return gradients(updated(regularised(loose, terms)))

    names = ("address_entropy", "read_write_consistency")
    alone = [gradient_with(**{name: {"weight": 2.0}}) for name in names]
    both = gradient_with(**{name: {"weight": 2.0} for name in names})
    for none, one, two, sum_ in zip(gradient_with(), *alone, both, strict=True):
        torch.testing.assert_close(one + two - none, sum_, rtol=1e-4, atol=1e-6)


def test_the_parameters_of_a_term_are_trained_with_the_network(trial):
    trial = regularised(trial, {"next_input": {"weight": 1.0}})
    learner = start(trial)
    before = [p.clone() for p in learner.regularisers.parameters()]
    update(learner)
    after = list(learner.regularisers.parameters())
    assert len(before) == 2
    assert all(not torch.equal(a, b) for a, b in zip(before, after, strict=True))


def test_a_run_with_terms_stopped_and_resumed_gives_the_same_rows_to_the_bit(trial):
    trial = regularised(trial, ALL)
    whole, _ = rows_of(trial)
    memory = Memory(stop_after=15)
    with pytest.raises(Stopped):
        trial.procedure.run(trial, memory)
    torch.manual_seed(123)
    assert rows_of(trial, memory.checkpoint)[0] == whole[13:]


def test_a_checkpoint_holds_what_the_terms_have_learned(trial):
    trial = regularised(trial, ALL)
    first, second = updated(trial), start(trial)
    second.restore(first.checkpoint())
    ours, theirs = first.regularisers.state_dict(), second.regularisers.state_dict()
    assert set(ours) == {"2.predict.weight", "2.predict.bias"} == set(theirs)
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_terms_are_part_of_what_a_trial_is(trial):
    other = regularised(trial, {"address_entropy": {"weight": 0.1}})
    assert other.id != trial.id
    assert Trial.from_json(other.to_json()) == other
    assert Supervised().regularisers == {}


def test_a_term_that_does_not_exist_is_refused_by_name(trial):
    with pytest.raises((LookupError, BadData), match="address_entropy"):
        start(regularised(trial, {"adress_entropy": {}}))


def test_an_option_that_a_term_does_not_have_is_refused_by_name(trial):
    wrong = regularised(trial, {"address_entropy": {"w": 1}})
    with pytest.raises(ValueError, match="address_entropy has no option 'w'.*weight"):
        start(wrong)
    with pytest.raises(BadData, match="options are a mapping"):
        regularised(trial, {"address_entropy": 1})


def test_address_supervision_lowers_what_reads_miss_of_their_sources(soft):
    trial = regularised(soft, {"address_supervision": {"weight": 1.0, "floor": 0.01}})
    quick = dataclasses.replace(trial.procedure, batch_size=16, learning_rate=1e-2, clip_norm=10.0)
    learner = start(dataclasses.replace(trial, procedure=quick))
    batch = learner.task.sample(np.random.default_rng(0), 16, 2)
    inputs_TBX = torch.from_numpy(batch.inputs_TBX)

    def missed():
        with torch.no_grad():
            return added(
                learner.regularisers, learner.network(inputs_TBX), inputs_TBX, learner.task, batch
            ).item()

    before = missed()
    for _ in range(60):
        update(learner)
    assert missed() < 0.5 * before


def test_address_supervision_refuses_a_task_that_does_not_say_where_its_answers_lie(soft):
    trial = regularised(soft, {"address_supervision": {}})
    grams = TaskSpec("dynamic_ngrams", {"min_length": 3, "max_length": 4})
    with pytest.raises(BadData, match="needs a task that says where .* DynamicNgrams does not"):
        start(dataclasses.replace(trial, task=grams))


class Bare(torch.nn.Module):
    """A term as another package may have it: two arguments, and no Regulariser."""

    def forward(self, rollout, inputs_TBX):
        return rollout.logits_TBY.mean() + inputs_TBX.sum()


def test_a_term_with_two_arguments_is_called_with_two(soft):
    learner = start(soft)
    batch = learner.batch()
    inputs_TBX = torch.from_numpy(batch.inputs_TBX)
    rollout = learner.network(inputs_TBX)
    terms = torch.nn.ModuleList([Bare(), Bare()])
    actual = added(terms, rollout, inputs_TBX, learner.task, batch)
    assert actual == 2 * (rollout.logits_TBY.mean() + inputs_TBX.sum())
