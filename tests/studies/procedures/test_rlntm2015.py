"""The published training of the RL-NTM's preset is one that a trial takes."""

import pytest

from memnets.presets import RLNTM_TASKS, rlntm2015, rlntm2015_training
from studies import MixtureCurriculum, Supervised, Trial
from studies.design.trial import TaskSpec


@pytest.mark.parametrize("task", RLNTM_TASKS)
def test_a_trial_takes_the_published_training(task):
    procedure = Supervised(**rlntm2015_training(task))
    options = {"symbols": 30} if task in ("copy", "reverse") else {}
    trial = Trial(task=TaskSpec(task, options), model=rlntm2015(task), procedure=procedure, seed=0)
    assert Trial.from_json(trial.to_json()) == trial
    assert procedure.batch_size * procedure.updates == 2_000_000
    assert (procedure.optimiser, procedure.learning_rate) == ("sgd", 0.05)
    assert (procedure.clip_norm, procedure.baseline_clip_norm) == (2.0, 5.0)
    assert procedure.curriculum == MixtureCurriculum(errors=0.25 if task == "reverse" else 0.2)


def test_a_task_that_the_preset_lacks_is_refused():
    with pytest.raises(ValueError, match="no task 'sort', but copy, reverse"):
        rlntm2015_training("sort")
