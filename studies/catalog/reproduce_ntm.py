"""The five experiments of the NTM paper, with its three architectures and the DNC."""

from __future__ import annotations

from dataclasses import replace

from memnets.presets import PUBLISHED, graves2013, graves2014
from memnets.spec import ModelSpec

from ..study import Study, studies
from ..trial import TaskSpec, Training

SMALL = Training(updates=6_250, batch_size=16, evaluate_every=250, solved_errors=0.01)
FULL = replace(SMALL, updates=62_500, evaluate_every=1_250)


@studies.register("reproduce_ntm")
def reproduce_ntm() -> Study:
    """The five tasks of the NTM paper, at its sizes, on a tenth of its million sequences."""
    return _study("reproduce_ntm", SMALL)


@studies.register("reproduce_ntm_full")
def reproduce_ntm_full() -> Study:
    """The five tasks of the NTM paper, at its sizes, on its million sequences."""
    return _study("reproduce_ntm_full", FULL)


def _study(name: str, training: Training) -> Study:
    tasks = {task: TaskSpec(task) for task in PUBLISHED}
    return Study(
        name=name,
        question="Do memories learn the five tasks of the NTM paper faster than an LSTM?",
        tasks=tasks,
        models={
            "lstm, three layers": {task: graves2013(task) for task in tasks},
            "ntm/feedforward": {task: graves2014(task, "feedforward") for task in tasks},
            "ntm/lstm": {task: graves2014(task, "lstm") for task in tasks},
            "dnc/lstm": ModelSpec("dnc", cell_options={"slots": 128, "width": 20}),
        },
        training=training,
        seeds=(0, 1, 2),
    )
