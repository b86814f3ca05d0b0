"""Trials whose training is steered, run in one go, stopped anywhere, and looked into."""

import dataclasses

import torch

from studies.procedures.learner import Learner
from studies.procedures.training import evaluated, update

from ..recorders import timeless


def steered(trial, estimator="soft", **settings):
    """The trial with other settings, on addresses that draw nothing unless an estimator does."""
    return dataclasses.replace(
        trial,
        model=dataclasses.replace(trial.model, estimator=estimator),
        procedure=dataclasses.replace(trial.procedure, **settings),
    )


def start(trial):
    return Learner.start(trial, trial.procedure, "cpu")


def stopped_after_every_update(trial):
    """The rows of a trial that is stopped after each update, and the learner at its end."""
    learner, rows = start(trial), []
    while not learner.over:
        update(learner)
        rows += evaluated(learner) if learner.due else []
        checkpoint = learner.checkpoint()
        # what the process does in between must not matter
        torch.manual_seed(123)
        torch.rand(7)
        learner = start(trial)
        learner.restore(checkpoint)
    return [timeless(row) for row in rows], learner


def weights(learner):
    return [parameter.detach().clone() for parameter in learner.network.parameters()]


def same(first, second):
    return all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


def test_row(length, errors, bits=1.0, **more):
    return {"kind": "test", "length": length, "errors": errors, "bits": bits, **more}


test_row.__test__ = False
