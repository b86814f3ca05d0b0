"""The Reinforcement Learning NTM by its preset, at its authors' budget."""

from __future__ import annotations

from typing import Any

from memnets.presets import RLNTM_TASKS, rlntm2015_training
from memnets.presets import rlntm2015 as preset

from ..design.data import build
from ..design.study import Study, studies
from ..design.trial import TaskSpec
from ..procedures.supervised import Supervised
from .recipe import FRESH

OPTIONS: dict[str, dict[str, Any]] = {
    "copy": {"symbols": 30},
    # the input goes by once: this is the paper's forward-reverse, which needs the memory tape
    "reverse": {"symbols": 30},
    "symbol_repeat_copy": {},
    "duplicated_input": {},
}


@studies.register("rlntm2015")
def rlntm2015() -> Study:
    """Four tasks of the RL-NTM on two million sequences each: how far sampled moves come.

    Rows of training have the level of the curriculum, a length; in the authors' logs reverse is at
    level 10 after 1.8 to 1.9 million sequences, with three to five of ten seeds. Half an hour or
    less for a trial on one core.
    """
    trained = {task: rlntm2015_training(task) for task in RLNTM_TASKS}
    return Study(
        name="rlntm2015",
        question="How far does a memory tape with sampled moves come by REINFORCE?",
        tasks={task: TaskSpec(task, OPTIONS[task]) for task in RLNTM_TASKS},
        models={"rlntm": {task: preset(task) for task in RLNTM_TASKS}},
        procedure=build(
            Supervised,
            {**trained["copy"], "evaluate_every": 500, "test_lengths": (2, 5, 10, 20)},
            "rlntm2015",
        ),
        own={task: {"curriculum": made["curriculum"]} for task, made in trained.items()},
        seeds=FRESH[:5],
    )
