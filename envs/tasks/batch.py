"""Sequences with their answers as arrays: what a task gives, and what people bring along.

Shapes: T time steps, B sequences, X input channels, Y target columns. Time comes first. Sequences
of one batch may differ in length: the shorter ones are followed by silent steps, at which inputs
and targets are zero and nothing is scored.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


class BadArrays(ValueError):
    """Arrays that make no batch; the message is one line."""


@dataclass(frozen=True, eq=False)
class Batch:
    """Sequences and their targets, which are zero where the mask is false.

    It unpacks as `inputs_TBX, targets_TBY, mask_TB = batch`.
    """

    inputs_TBX: np.ndarray
    """float32; int64, in one column, where they are indices of symbols (`Task.input_symbols`)"""
    targets_TBY: np.ndarray
    """float32 for `Bits`, int64 for `Symbols` and `Fields`"""
    mask_TB: np.ndarray
    """bool: the steps at which the answer is scored"""
    lengths_B: np.ndarray | None = None
    """int64: the steps of each sequence, the longest having all T; None where all have T"""

    def __iter__(self) -> Iterator[np.ndarray]:
        return iter((self.inputs_TBX, self.targets_TBY, self.mask_TB))

    @classmethod
    def from_arrays(cls, inputs: Any, targets: Any, mask: Any = None, lengths: Any = None) -> Batch:
        """A batch of one's own sequences, checked.

        `inputs` are (T, B, X) numbers, finite up to the end of each sequence. `targets` are
        (T, B, Y): integers from 0 on are symbols, booleans or floats of 0 and 1 are bits; (T, B) is
        one column. `mask` (T, B) says which steps are scored, none of them after the end of a
        sequence, `lengths` (B,) how many steps each sequence has. Without a mask
        every step of a sequence is scored, without lengths every sequence has T steps. Inputs
        after the end of a sequence, and targets where nothing is scored, are made zero; steps after
        the end of the longest sequence are left out.

        Raises BadArrays, with one line that names the array, for anything else.
        """
        inputs_TBX = _inputs(inputs)
        steps, sequences = inputs_TBX.shape[:2]
        lengths_B = _lengths(lengths, steps, sequences)
        inside_TB = np.arange(steps)[:, None] < lengths_B
        _check_finite(inputs_TBX, inside_TB)
        mask_TB = inside_TB if mask is None else _mask(mask, inside_TB)
        targets_TBY = _targets(targets, mask_TB)
        shown_TBX = np.where(inside_TB[..., None], inputs_TBX, np.float32(0))
        return cls(shown_TBX, targets_TBY, mask_TB, lengths_B).trimmed()

    @classmethod
    def joined(cls, parts: Sequence[Batch]) -> Batch:
        """The sequences of all parts, side by side; `lengths_B` says where each ends."""
        steps = max(len(part.mask_TB) for part in parts)
        lengths_B = np.concatenate([part.steps_B for part in parts])
        arrays = zip(*parts, strict=True)
        inputs_TBX, targets_TBY, mask_TB = (
            np.concatenate([_padded(part, steps) for part in same], 1) for same in arrays
        )
        several = None if (lengths_B == steps).all() else lengths_B
        return cls(inputs_TBX, targets_TBY, mask_TB, several)

    @property
    def steps_B(self) -> np.ndarray:
        """The steps of each sequence, int64."""
        steps, sequences = self.mask_TB.shape
        return np.full(sequences, steps) if self.lengths_B is None else self.lengths_B

    def select(self, rows: np.ndarray | slice) -> Batch:
        """Some sequences of the batch, with as many steps as before."""
        inputs_TBX, targets_TBY, mask_TB = (array[:, rows] for array in self)
        lengths_B = None if self.lengths_B is None else self.lengths_B[rows]
        return Batch(inputs_TBX, targets_TBY, mask_TB, lengths_B)

    def trimmed(self) -> Batch:
        """The batch without the silent steps after its longest sequence."""
        steps = int(self.steps_B.max())
        inputs_TBX, targets_TBY, mask_TB = (array[:steps] for array in self)
        several = None if (self.steps_B == steps).all() else self.lengths_B
        return Batch(inputs_TBX, targets_TBY, mask_TB, several)

    def repeated(self, times: int) -> Batch:
        """Every sequence so many times, side by side."""
        return self.select(np.arange(self.mask_TB.shape[1]).repeat(times))

    def by_length(self) -> Iterator[tuple[np.ndarray, Batch]]:
        """Batches without silent ends, the shortest first, and which sequences each has."""
        steps_B = self.steps_B
        for steps in np.unique(steps_B):
            rows = np.flatnonzero(steps_B == steps)
            yield rows, Batch(*(array[:steps, rows] for array in self))


def _padded(array_TB: np.ndarray, steps: int) -> np.ndarray:
    silent = [(0, steps - len(array_TB)), *[(0, 0)] * (array_TB.ndim - 1)]
    return np.pad(array_TB, silent)


def _inputs(inputs: Any) -> np.ndarray:
    array = _numbers("inputs", inputs)
    if array.ndim != 3 or 0 in array.shape:
        raise BadArrays(f"inputs have shape {array.shape}; time × sequences × channels is needed.")
    return array.astype(np.float32)


def _check_finite(inputs_TBX: np.ndarray, inside_TB: np.ndarray) -> None:
    for step, row, channel in np.argwhere(~np.isfinite(inputs_TBX) & inside_TB[..., None]):
        raise BadArrays(
            f"inputs: step {step} of sequence {row}, channel {channel}, is "
            f"{inputs_TBX[step, row, channel]}; finite numbers are needed."
        )


def _lengths(lengths: Any, steps: int, sequences: int) -> np.ndarray:
    if lengths is None:
        return np.full(sequences, steps)
    array = _numbers("lengths", lengths)
    if array.shape != (sequences,):
        raise BadArrays(f"lengths have shape {array.shape}; ({sequences},), as inputs, is needed.")
    for row in np.flatnonzero((array != np.floor(array)) | (array < 1) | (array > steps)):
        raise BadArrays(
            f"lengths: sequence {row} has {array[row]}; a whole number from 1 to {steps}, the "
            "steps of inputs, is needed."
        )
    return array.astype(np.int64)


def _mask(mask: Any, inside_TB: np.ndarray) -> np.ndarray:
    array = _numbers("mask", mask)
    if array.shape != inside_TB.shape:
        raise BadArrays(f"mask has shape {array.shape}; {inside_TB.shape}, as inputs, is needed.")
    if not np.isin(array, (0, 1)).all():
        raise BadArrays("mask has values beside 0 and 1; true or 1 is a step that is scored.")
    mask_TB = array.astype(bool)
    for step, row in np.argwhere(mask_TB & ~inside_TB):
        raise BadArrays(f"mask: step {step} of sequence {row} is scored, after the sequence's end.")
    for row in np.flatnonzero(~mask_TB.any(0)):
        raise BadArrays(f"mask: sequence {row} has no step that is scored.")
    return mask_TB


def _targets(targets: Any, mask_TB: np.ndarray) -> np.ndarray:
    array = _numbers("targets", targets)
    array = array[..., None] if array.ndim == 2 else array
    if array.ndim != 3 or array.shape[:2] != mask_TB.shape or not array.shape[2]:
        raise BadArrays(
            f"targets have shape {array.shape}; {mask_TB.shape}, as inputs, and then columns are "
            "needed."
        )
    symbols = np.issubdtype(array.dtype, np.integer)
    wrong = (array < 0) if symbols else ~np.isin(array, (0, 1))
    for step, row, column in np.argwhere(wrong & mask_TB[..., None]):
        raise BadArrays(
            f"targets: step {step} of sequence {row}, column {column}, is "
            f"{array[step, row, column]}; integers from 0 on (symbols), or booleans or floats of 0 "
            "and 1 (bits) are needed."
        )
    form = np.int64 if symbols else np.float32
    return np.where(mask_TB[..., None], array, 0).astype(form)


def _numbers(name: str, values: Any) -> np.ndarray:
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise BadArrays(f"{name}: {error}".partition("\n")[0]) from error
    if array.dtype != bool and not np.issubdtype(array.dtype, np.number):
        raise BadArrays(f"{name} have type {array.dtype}; numbers are needed.")
    if np.issubdtype(array.dtype, np.complexfloating):
        raise BadArrays(f"{name} have type {array.dtype}; real numbers are needed.")
    return array
