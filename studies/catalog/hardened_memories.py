"""The recipe `hardened` on memories and controllers that kept a gap before, and kept to the end."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from memnets.presets import HARDENED
from memnets.spec import ModelSpec

from ..design.study import Own, Study, studies
from ..design.trial import TaskSpec
from .recipe import FRESH, MEMORY, RECIPE

# the authors' addresses are 16 to 24 wide; 8 are too narrow to tell 20 slots apart in order
CELLS: dict[str, dict[str, Any]] = {
    "ntm": MEMORY,
    "dnc": {**MEMORY, "read_heads": 1},
    "dntm": {**MEMORY, "address_width": 20},
}


@studies.register("hardened_memories")
def hardened_memories() -> Study:
    """Copy with lengths 1 to 20 by `hardened`: NTM, DNC, D-NTM, and the NTM without recurrence.

    "trained on" is the NTM that does not stop once it is solved, so that its last updates are made
    with one slot alone.
    """
    memories = {
        "dnc, lstm": ("dnc", "lstm"),
        "ntm, feed-forward": ("ntm", "feedforward"),
        "dntm, lstm": ("dntm", "lstm"),
        "ntm, lstm, trained on": ("ntm", "lstm"),
    }
    own: Own = {
        ("copy", "ntm, lstm, trained on"): {"solved_errors": None},
        ("copy", "dntm, lstm"): {"updates": 12_000, "evaluate_every": 500},
    }
    return Study(
        name="hardened_memories",
        question="Does a memory that is hardened as it learns lose anything by it?",
        tasks={"copy": TaskSpec("copy")},
        models={
            name: ModelSpec(
                cell,
                "hardened",
                controller,
                cell_options=CELLS[cell],
                estimator_options=dict(HARDENED),
            )
            for name, (cell, controller) in memories.items()
        },
        procedure=replace(RECIPE, test_lengths=(5, 10, 20, 40, 80)),
        own=own,
        seeds=FRESH,
    )
