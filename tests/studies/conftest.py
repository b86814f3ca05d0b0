import dataclasses

import pytest

from memnets.spec import ModelSpec
from studies import Study, TaskSpec, Training, Trial

SMALL = {"slots": 4, "width": 3}


@pytest.fixture
def training():
    return Training(
        updates=6, batch_size=2, evaluate_every=2, test_lengths=(1, 2, 3), test_sequences=3
    )


@pytest.fixture
def trial(training):
    return Trial(
        task=TaskSpec("copy", {"width": 2, "max_length": 2}),
        model=ModelSpec("ntm", "reinforce", controller_size=4, cell_options=SMALL),
        training=training,
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
        training=trial.training,
        seeds=(0, 1),
    )
