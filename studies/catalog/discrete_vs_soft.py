"""The main comparison: soft and discrete memories on five tasks, tuned alike, at equal time."""

from __future__ import annotations

from dataclasses import replace

from memnets.presets import WAYS
from memnets.spec import ModelSpec

from ..design.search import Search
from ..design.study import Own, Study, studies
from ..design.trial import TaskSpec
from ..procedures.clock import PROCESSOR
from ..procedures.selection import Budget
from .discrete_tasks import SIZES, TASKS
from .recipe import FRESH, RECIPE

CHOICES = ("soft", "hardened", "straight-through, sampled", "gumbel", "reinforce")
GRAPH = TaskSpec("graph_traversal", {"max_nodes": 6, "max_length": 2})
"""Walks of one or two edges through graphs of five or six nodes."""


@studies.register("discrete_vs_soft")
def discrete_vs_soft() -> Study:
    """NTM, DNC, D-NTM and SAM, each soft and discrete in four ways, and an LSTM without memory.

    Every model on every task gets the same search for its learning rate, on seed 0, and then thirty
    seconds of a processor for training on each of ten fresh seeds. That is the most that fits eight
    hours on two cores; `--set budget.seconds=300` gives more, and `--tasks` and `--models` run a
    part.
    """
    models = {
        f"{cell}, {way}": ModelSpec(
            cell, WAYS[way][0], cell_options=options, estimator_options=dict(WAYS[way][1])
        )
        for cell, options in SIZES.items()
        for way in CHOICES
    }
    own: Own = {name: {"test_lengths": lengths} for name, (_, lengths) in TASKS.items()}
    return Study(
        name="discrete_vs_soft",
        question="What does it cost to choose one slot instead of blending all of them?",
        tasks={**{name: task for name, (task, _) in TASKS.items()}, "graph traversal": GRAPH},
        models={"no memory": ModelSpec("none"), **models},
        procedure=replace(RECIPE, updates=1_000_000, budget=Budget(seconds=30.0), clock=PROCESSOR),
        own=own,
        seeds=FRESH,
        tuning=Search(space={"learning_rate": (5e-4, 1e-3, 2e-3, 5e-3)}, seeds=(0,)),
    )
