"""Which memory for what: every cell, soft, hardened, and as published, on eight tasks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from memnets.presets import WAYS
from memnets.spec import ModelSpec

from ..design.matching import equal_sizes
from ..design.search import Search
from ..design.study import Own, Study, studies
from ..design.trial import TaskSpec
from ..procedures.clock import PROCESSOR
from ..procedures.selection import Budget
from .published import in_share, published
from .recipe import FRESH, RECIPE

TASKS: dict[str, tuple[TaskSpec, tuple[int, ...]]] = {
    "copy": (TaskSpec("copy"), (10, 20, 40)),
    "associative recall": (TaskSpec("associative_recall"), (4, 6, 12)),
    "multi-query recall": (
        TaskSpec("multi_query_recall", {"symbols": 256, "max_pairs": 8}),
        (64, 128, 256),
    ),
    "reverse": (TaskSpec("reverse_string", {"max_length": 20}), (10, 20, 40)),
    "stack manipulation": (TaskSpec("stack_manipulation", {"max_length": 20}), (10, 20, 40)),
    "odds first": (TaskSpec("odds_first", {"max_length": 20}), (10, 20, 40)),
    "modular arithmetic": (TaskSpec("modular_arithmetic", {"max_length": 19}), (9, 19, 39)),
    # graphs of a path of 3 have 8 nodes, where those of the trained lengths have 5 or 6
    "shortest path": (TaskSpec("shortest_path", {"max_nodes": 6, "max_length": 2}), (1, 2, 3)),
}
"""Each with its lengths to test: within the trained ones, the longest of them, and beyond.
Multi-query recall is trained at 64 steps alone: that length, and two beyond."""

SLOTS = {"slots": 64, "width": 20}
CELLS: dict[str, dict[str, Any]] = {
    "ntm": SLOTS,
    "dnc": {**SLOTS, "read_heads": 1},
    "dntm": SLOTS,
    "sam": SLOTS,
    "sdnc": SLOTS,
    "lrua": SLOTS,
    "tardis": SLOTS,
    "rlntm": SLOTS,
    "attention": {"slots": 256, "width": 16, "heads": 2},
    "slots": {"slots": 64, "width": 20, "heads": 1},
    "stack": {},
    "neural_stack": {},
    "tape": {},
    "delta": {"slots": 32, "width": 20, "heads": 2},
    "mlstm": {"width": 16, "heads": 2, "keys": "softmax"},
    "product_keys": {"slots": 1024, "width": 20},
    "titans": {},
}
"""Every memory of the registry, with what it starts from before sizes are made equal."""
SOFT_ONLY = ("titans",)
"""Nothing is chosen there: a matrix learns, and no slot is addressed."""
TO = "ntm, soft"


@studies.register("memories")
def memories() -> Study:
    """Every memory, soft and hardened, with as many parameters as an NTM, on eight tasks.

    Raven, DeltaNet, Gated DeltaNet and the mLSTM have a row each as published; "mlstm, soft" has
    softmax keys, ours, so that there is something to harden. The same search for the learning rate
    for all, three rates on seed 0, then five fresh seeds, fifteen seconds of a processor for each
    of 2,432 trials: about seven hours on two cores, tests included. `--tasks` and `--models` run a
    part.
    """
    return _study("memories", "parameters", _models())


@studies.register("memories_by_state")
def memories_by_state() -> Study:
    """As `memories`, with as many numbers carried from step to step as an NTM carries.

    Without product keys: their slots are learned, and carry nothing from one step to the next.
    """
    models = {name: spec for name, spec in _models().items() if spec.cell != "product_keys"}
    return _study("memories_by_state", "state", models)


def _study(name: str, measure: str, models: dict[str, ModelSpec]) -> Study:
    own: Own = {task: {"test_lengths": lengths} for task, (_, lengths) in TASKS.items()}
    tasks = {task: spec for task, (spec, _) in TASKS.items()}
    return Study(
        name=name,
        question="Which memory for what, and what does it cost to address it discretely?",
        tasks=tasks,
        models=equal_sizes(models, tasks, measure, to=TO, then=in_share),
        procedure=replace(RECIPE, updates=1_000_000, budget=Budget(seconds=15.0), clock=PROCESSOR),
        own=own,
        seeds=FRESH[:5],
        tuning=Search(space={"learning_rate": (1e-3, 2e-3, 5e-3)}, seeds=(0,)),
    )


def _models() -> dict[str, ModelSpec]:
    found = {"no memory": ModelSpec("none")}
    for cell, options in CELLS.items():
        for way in ("soft",) if cell in SOFT_ONLY else ("soft", "hardened"):
            estimator, own = WAYS[way]
            found[f"{cell}, {way}"] = ModelSpec(
                cell, estimator, cell_options=options, estimator_options=dict(own)
            )
    return found | published(CELLS)
