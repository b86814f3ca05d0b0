"""The task of one's own sequences, from a file of arrays."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np

from ..answers import Answer, Bits, Fields, Symbols
from ..building import check_names
from .base import Batch, Task
from .batch import BadArrays
from .checks import check_text, check_whole, whole
from .files import BadFile, at_most_once, read_npz, sha256_of

NAMES = ("inputs", "targets", "mask", "lengths")
"""Arrays of a file, as `Batch.from_arrays` takes them; with `test_` before them, those of tests."""
_TESTED = 10
"""Where a file has no sequences for tests, one in so many of its sequences is kept for them."""


class _Sequences(NamedTuple):
    train: Batch
    test: Batch


@dataclass(frozen=True, kw_only=True)
class Arrays(Task):
    """Answer as a file of one's own sequences says.

    The file is a .npz of numpy with `inputs` (T, B, X) and `targets` (T, B, Y), and perhaps `mask`
    (T, B) and `lengths` (B,): see `Batch.from_arrays`. Targets of booleans or floats are bits, of
    integers symbols: one where Y is 1, else several. `vocabulary` is how many symbols there are;
    0 means one more than the largest target. Tests take the sequences of `test_inputs`,
    `test_targets`, …; without them the last tenth of the sequences is kept for tests.

    `length` is a number of steps: sequences of at most so many are drawn, all alike. Training draws
    from all sequences where no length is given. Tests take a sequence at most once, and are at
    four lengths at most: up to the quarter, the half and three quarters of the sequences by their
    steps, and all.

    Raises BadFile, with one line that names the file and the array, for any other file.
    """

    path: str
    path_sha256: str = ""
    vocabulary: int = 0

    def __post_init__(self) -> None:
        check_text(self, "path", "path_sha256")
        object.__setattr__(self, "path_sha256", sha256_of(self.path, self.path_sha256))
        largest = max(int(batch.targets_TBY.max()) for batch in self._sequences)
        check_whole(self, vocabulary=0)
        given = self.vocabulary
        if given and given <= largest:
            raise ValueError(
                f"Arrays: vocabulary is {given}; {self.path} has the symbol {largest}, so at least "
                f"{largest + 1} is needed."
            )

    @property
    def _sequences(self) -> _Sequences:
        return _read(self.path, self.path_sha256)

    @property
    def input_size(self) -> int:
        return self._sequences.train.inputs_TBX.shape[2]

    @property
    def answer(self) -> Answer:
        train, test = self._sequences
        columns = train.targets_TBY.shape[2]
        if train.targets_TBY.dtype == np.float32:
            return Bits(columns)
        largest = max(int(batch.targets_TBY.max()) for batch in (train, test))
        size = self.vocabulary or max(2, largest + 1)
        return Symbols(size) if columns == 1 else Fields(columns, size)

    @property
    def input_range(self) -> tuple[float, float]:
        inputs = [batch.inputs_TBX for batch in self._sequences]
        low, high = min(part.min() for part in inputs), max(part.max() for part in inputs)
        return min(0.0, float(low)), max(1.0, float(high))

    @property
    def lengths(self) -> tuple[int, int]:
        steps_B = self._sequences.train.steps_B
        return int(steps_B.min()), int(steps_B.max())

    @property
    def test_lengths(self) -> tuple[int, ...]:
        steps_B = np.sort(self._sequences.test.steps_B)
        return tuple(sorted({int(part[-1]) for part in np.array_split(steps_B, 4) if len(part)}))

    def sample(self, rng: np.random.Generator, batch_size: int, length: int | None = None) -> Batch:
        train = self._sequences.train
        rows = _up_to(train, length)
        return train.select(rows[rng.integers(len(rows), size=batch_size)]).trimmed()

    def test_sample(self, rng: np.random.Generator, batch_size: int, length: int) -> Batch:
        test = self._sequences.test
        rows = _up_to(test, length)
        return test.select(rows[at_most_once(rng, len(rows), batch_size)]).trimmed()

    def chance_bits(self, length: int | None = None) -> float:
        train = self._sequences.train
        scored = train.mask_TB[:, _up_to(train, length)].sum(0).mean()
        return float(scored) * self.answer.target_size * math.log2(1 / self.answer.chance)


def _up_to(batch: Batch, length: int | None) -> np.ndarray:
    """Which sequences have at most so many steps."""
    steps_B = batch.steps_B
    if length is None:
        return np.arange(len(steps_B))
    least = int(steps_B.min())
    return np.flatnonzero(steps_B <= whole("Arrays", "length", length, least))


@cache
def _read(path: str, sha256: str) -> _Sequences:
    arrays = read_npz(path)
    try:
        return _sequences(arrays)
    except (BadArrays, ValueError) as error:
        raise BadFile(f"{path}: {error}") from error


def _sequences(arrays: dict[str, np.ndarray]) -> _Sequences:
    check_names("arrays", arrays, (*NAMES, *(f"test_{name}" for name in NAMES)))
    train = _batch(arrays, "")
    if not any(name.startswith("test_") for name in arrays):
        sequences = train.mask_TB.shape[1]
        if sequences < 2:
            raise BadArrays("inputs have one sequence; another one is needed for tests.")
        kept = sequences - max(1, sequences // _TESTED)
        parts = (train.select(slice(kept)), train.select(slice(kept, None)))
        return _Sequences(*(part.trimmed() for part in parts))
    test = _batch(arrays, "test_")
    for name, ours, theirs in (
        ("inputs", train.inputs_TBX, test.inputs_TBX),
        ("targets", train.targets_TBY, test.targets_TBY),
    ):
        if ours.shape[2] != theirs.shape[2] or ours.dtype != theirs.dtype:
            raise BadArrays(
                f"test_{name} have {theirs.shape[2]} columns of {theirs.dtype}; {ours.shape[2]} of "
                f"{ours.dtype}, as {name}, are needed."
            )
    return _Sequences(train, test)


def _batch(arrays: dict[str, np.ndarray], prefix: str) -> Batch:
    own = {name: arrays.get(f"{prefix}{name}") for name in NAMES}
    for name in NAMES[:2]:
        if own[name] is None:
            raise BadArrays(f"there is no array {prefix}{name}.")
    try:
        return Batch.from_arrays(**own)
    except BadArrays as error:
        raise BadArrays(f"{prefix}{error}") from error
