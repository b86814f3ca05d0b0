"""Traces of several lengths as arrays of one file, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np

Trace: TypeAlias = Mapping[str, np.ndarray]
"""Arrays by name: inputs_TX, targets_TY, outputs_TY, mask_T, weights_THN and heads."""
LENGTHS = "lengths"


def joined(traces: Mapping[int, Trace]) -> dict[str, np.ndarray]:
    """The arrays of all: those of the first length by their names, of others by `name@length`."""
    first, *others = traces
    arrays = dict(traces[first])
    for length in others:
        arrays |= {f"{name}@{length}": part for name, part in traces[length].items()}
    return arrays | {LENGTHS: np.array(list(traces))}


def by_length(arrays: Trace) -> dict[int | None, Trace]:
    """The trace of each length, that of the first one first.

    A file of an earlier version has one trace, and does not say of which length.
    """
    named = {name: part for name, part in arrays.items() if "@" not in name and name != LENGTHS}
    if LENGTHS not in arrays:
        return {None: named} if named else {}
    first, *others = map(int, arrays[LENGTHS])
    found: dict[int | None, Trace] = {first: named}
    for length in others:
        found[length] = {name: arrays[f"{name}@{length}"] for name in named}
    return found
