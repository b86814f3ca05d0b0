"""Formal languages: which memories still answer on strings longer than those they learned from."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from memnets.presets import HARDENED
from memnets.spec import ModelSpec

from ..design.study import Study, studies
from ..design.trial import TaskSpec
from .recipe import FRESH, RECIPE

GROUPS: dict[str, tuple[str, ...]] = {
    "regular": ("parity_check", "cycle_navigation"),
    "context-free": ("reverse_string", "stack_manipulation"),
    "context-sensitive": ("duplicate_string", "bucket_sort"),
}
"""Two tasks of each group of Delétang et al. (2023)."""
# a slot for every symbol of the longest string that is tested
TAPE: dict[str, Any] = {"slots": 512, "width": 8}
# its links, one for each pair of slots, make many slots dear
LINKED: dict[str, Any] = {"slots": 128, "width": 8, "read_heads": 1}
EVENLY = tuple(range(60, 501, 40))
"""Lengths beyond the trained ones; each stands for the 40 around it."""
MODELS = {
    "rnn": ModelSpec("none", controller="rnn"),
    "lstm": ModelSpec("none"),
    "ntm, soft": ModelSpec("ntm", cell_options=TAPE),
    "ntm, hardened": ModelSpec(
        "ntm", "hardened", cell_options=TAPE, estimator_options=dict(HARDENED)
    ),
    "dnc, soft": ModelSpec("dnc", cell_options=LINKED),
}


@studies.register("chomsky")
def chomsky() -> Study:
    """Six formal tasks, trained on lengths 1 to 40 and tested up to 500: RNN, LSTM, NTM, DNC.

    The protocol of Delétang et al. (2023) at a smaller budget: they train on 128 strings an update,
    test at every length, and report the best of several seeds and learning rates. All controllers
    have 100 units. The DNC has 128 slots, fewer than the longest strings have symbols.

    `--tasks 'regular*'` runs one group.
    """
    return Study(
        name="chomsky",
        question="Which memories still answer on strings longer than those they learned from?",
        tasks={
            f"{group}, {name}": TaskSpec(name) for group, names in GROUPS.items() for name in names
        },
        models=MODELS,
        procedure=replace(
            RECIPE,
            updates=10_000,
            batch_size=32,
            learning_rate=1e-3,
            evaluate_every=1_000,
            test_lengths=(10, 20, 40, *EVENLY),
            test_sequences=32,
            solved_errors=0.01,
        ),
        seeds=FRESH[:3],
    )
