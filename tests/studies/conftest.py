"""A small trial and a small study."""

import dataclasses

import pytest

from memnets.spec import ModelSpec
from studies import Study, Supervised, TaskSpec, Trial

SMALL = {"slots": 4, "width": 3}


@pytest.fixture
def supervised():
    return Supervised(
        updates=6, batch_size=2, evaluate_every=2, test_lengths=(1, 2, 3), test_sequences=3
    )


@pytest.fixture
def trial(supervised):
    return Trial(
        task=TaskSpec("copy", {"width": 2, "max_length": 2}),
        model=ModelSpec("ntm", "reinforce", controller_size=4, cell_options=SMALL),
        procedure=supervised,
        seed=3,
    )


@pytest.fixture
def study(trial):
    models = {
        "ntm/reinforce": trial.model,
        "ntm/soft": dataclasses.replace(trial.model, estimator="soft"),
        "none/lstm": ModelSpec("none", controller_size=4),
    }
    return Study(
        name="tiny",
        question="Does it run?",
        tasks={"copy": trial.task},
        models=models,
        procedure=trial.procedure,
        seeds=(0, 1),
    )
