"""What tasks share that show a sequence between two delimiters and ask for it afterwards."""

from __future__ import annotations

import numpy as np

from ...answers import Answer, Bits, Symbols
from ..base import Batch, Task, check_whole, fair_bits


def answer_of(width: int, symbols: int) -> Answer:
    """Symbols of a vocabulary of so many; where that is 0, so many bits."""
    return Symbols(symbols) if symbols else Bits(width)


def check_patterns(task: Task, symbols: int) -> None:
    """Raise ValueError unless the options `width` and `symbols` name bit vectors or symbols."""
    check_whole(task, width=1, symbols=0)
    if symbols == 1:
        owner = type(task).__name__
        raise ValueError(f"{owner}: symbols is 1; 0 (bit vectors) or at least 2 is needed.")


def draw_patterns(
    rng: np.random.Generator, length: int, batch_size: int, width: int, symbols: int
) -> tuple[np.ndarray, np.ndarray]:
    """Random vectors to show, and the same as targets: bits, or one-hot symbols and their indices.

    Both `(length, batch_size, …)`.
    """
    if not symbols:
        bits = fair_bits(rng, length, batch_size, width)
        return bits, bits
    drawn = rng.integers(symbols, size=(length, batch_size))
    return one_hot(drawn, symbols), drawn[..., None]


def one_hot(drawn: np.ndarray, symbols: int) -> np.ndarray:
    """The indices as rows of an identity matrix, float32."""
    return np.eye(symbols, dtype=np.float32)[drawn]


def ask_after(shown: np.ndarray, targets: np.ndarray) -> Batch:
    """A start delimiter, what is shown, an end delimiter, then silent steps that are scored.

    The two delimiters have the last two channels. Both arguments begin with time and batch.
    """
    length, batch_size, width = shown.shape
    steps = length + 2 + len(targets)
    inputs_TBX = np.zeros((steps, batch_size, width + 2), np.float32)
    inputs_TBX[0, :, width] = 1
    inputs_TBX[1 : length + 1, :, :width] = shown
    inputs_TBX[length + 1, :, width + 1] = 1
    return asked_last(inputs_TBX, targets)


def asked_last(inputs_TBX: np.ndarray, targets: np.ndarray) -> Batch:
    """A batch whose last steps, as many as there are targets, are scored."""
    steps, batch_size, _ = inputs_TBX.shape
    targets_TBY = np.zeros((steps, *targets.shape[1:]), targets.dtype)
    targets_TBY[steps - len(targets) :] = targets
    mask_TB = np.zeros((steps, batch_size), bool)
    mask_TB[steps - len(targets) :] = True
    return Batch(inputs_TBX, targets_TBY, mask_TB)
