"""Stacks and tapes with one action at a time: does what they learn go on for four times as long?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from memnets.presets import HARDENED
from memnets.spec import ModelSpec

from ..design.study import Study, studies
from ..design.trial import TaskSpec
from .recipe import FRESH, RECIPE

# rows of several numbers and a linear push, as Delétang et al. (2023) have them
STACK: dict[str, Any] = {
    "slots": 64,
    "width": 8,
    "stacks": 1,
    "depth": 1,
    "pushed": "linear",
    "empty": 0.0,
}
CELLS: dict[str, dict[str, Any]] = {
    "stack": STACK,
    "neural_stack": {"slots": 64, "width": 8},
    # one short: with one move a step a string is read twice by no other jump
    "tape": {"slots": 64, "width": 12, "short": 1},
}
TASKS = {
    "stack": ("reverse_string", "stack_manipulation"),
    "neural_stack": ("reverse_string", "stack_manipulation"),
    "tape": ("copy", "duplicate_string"),
}
WAYS: dict[str, tuple[str, dict[str, Any]]] = {
    "soft": ("soft", {}),
    "hardened": ("hardened", dict(HARDENED)),
    "straight-through": ("straight_through", {}),
    "gumbel": ("gumbel", {}),
    "reinforce": ("reinforce", {}),
}
# chosen on seed 0: a tape is learned softly in some hundred updates, and then made discrete
GROWTH = {"tape": 3e-3}
RATES = {"stack": 3e-3, "neural_stack": 3e-3, "tape": 1e-2}
# a head one symbol behind, as that jump wants it, has the controller keep one symbol
CONTROLLERS = {"stack": "feedforward", "neural_stack": "feedforward", "tape": "gru"}


@studies.register("stacks_and_tapes")
def stacks_and_tapes() -> Study:
    """Reverse and stack manipulation by stacks, copy and duplicate string by a tape, one at a time.

    Trained on lengths 1 to 10, tested up to 40. Stacks have a feed-forward controller, so that what
    a network remembers is on its stack. `--tasks 'stack, *'` runs what one cell is for.
    """
    models = {
        cell: {
            way: ModelSpec(
                cell,
                estimator,
                CONTROLLERS[cell],
                32,
                cell_options=options,
                estimator_options=settings
                | ({"growth": GROWTH[cell]} if way == "hardened" and cell in GROWTH else {}),
            )
            for way, (estimator, settings) in WAYS.items()
        }
        for cell, options in CELLS.items()
    }
    tasks = {
        f"{cell}, {name}": TaskSpec(name, {"max_length": 10})
        for cell, names in TASKS.items()
        for name in names
    }
    return Study(
        name="stacks_and_tapes",
        question="Does a machine that acts once a step go on for four times as long?",
        tasks=tasks,
        models={way: {task: models[task.partition(",")[0]][way] for task in tasks} for way in WAYS},
        procedure=replace(
            RECIPE, batch_size=32, updates=2_000, evaluate_every=100, test_lengths=(5, 10, 20, 40)
        ),
        own={task: {"learning_rate": RATES[task.partition(",")[0]]} for task in tasks},
        seeds=FRESH[:5],
    )
